//! No attack, and as bad: from the office, a developer opens the remote desktop of a test machine to everybody "for a
//! minute", by changing a rule that is there already.

use crate::demo::{
    Planted,
    actor::Actor,
    organization::WEB_SHOP,
    scribe::Scribe,
    story::{Act, Story, act},
};

const RULE: &str = "/requestParameters/ModifySecurityGroupRulesRequest/SecurityGroupRule/SecurityGroupRule";

/// A change of the rule for the remote desktop to one network.
fn open(at: &'static str, family: &str, network: &str) -> Act {
    let rule = serde_json::json!({ family: network, "FromPort": 3389, "ToPort": 3389, "IpProtocol": "tcp",
        "Description": "test, remove me" });
    act("sg-modify-rules", at)
        .set("/requestParameters/ModifySecurityGroupRulesRequest/GroupId", "sg-0d15ea5e0d15ea5e0")
        .set(RULE, rule)
}

/// Writes the story.
pub(super) fn write(scribe: &mut Scribe, planted: &mut Vec<Planted>) {
    let dave = Actor::person(&WEB_SHOP, "dave@example.com", "198.51.100.24", "PowerUserAccess");
    let name = "misconfiguration in web-shop";
    let mut story = Story::new(scribe, planted, name, &WEB_SHOP, "eu-central-1", dave);
    let opened = ["network.security-group-open-admin-port", "network.security-group-changed"];
    story.write(open("10T15:47:20", "CidrIpv4", "0.0.0.0/0"), &opened);
    story.write(open("10T15:48:02", "CidrIpv6", "::/0"), &opened);
}
