//! What a path takes of the value that it leads to: the name in an ARN, the ports or the networks of a rule.

use ipnet::IpNet;
use serde_json::Value;

/// What is taken of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Filter {
    /// The resource of an ARN without its type.
    Name,
    /// Its last part.
    Last,
    /// Its first part.
    First,
    /// The account of an ARN.
    Account,
    /// The ports in the whole value, in words.
    Ports,
    /// The networks in the whole value; the internet, if it is one of them.
    Networks,
}

impl Filter {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "name" => Self::Name,
            "last" => Self::Last,
            "first" => Self::First,
            "account" => Self::Account,
            "ports" => Self::Ports,
            "net" => Self::Networks,
            _ => return None,
        })
    }

    /// Whether it looks through a value with all that is in it.
    pub(super) fn is_of_whole(self) -> bool {
        matches!(self, Self::Ports | Self::Networks)
    }

    /// What it takes of a text.
    pub(super) fn of_text(self, text: &str) -> String {
        let name = resource(text);
        let part = match self {
            Self::Last => name.rsplit('/').next(),
            Self::First => name.split('/').next(),
            Self::Account if text.starts_with("arn:") => text.split(':').nth(4),
            Self::Account => Some(text),
            Self::Name | Self::Ports | Self::Networks => Some(name),
        };
        part.unwrap_or(name).to_owned()
    }

    /// What it takes of a value with all that is in it.
    pub(super) fn of_whole(self, value: &Value) -> Option<String> {
        match self {
            Self::Ports => ports(value),
            _ => networks(value),
        }
    }
}

/// The resource of an ARN without its type; a secret's without the characters that the service adds.
fn resource(text: &str) -> &str {
    let mut parts = text.splitn(6, ':');
    let (Some("arn"), Some(service), Some(resource)) = (parts.next(), parts.nth(1), parts.nth(2)) else {
        return text;
    };
    let name = resource.split_once(['/', ':']).map_or(resource, |(_, name)| name);
    match name.rsplit_once('-') {
        Some((secret, added))
            if service == "secretsmanager"
                && added.len() == 6
                && added.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            secret
        }
        _ => name,
    }
}

fn networks(value: &Value) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    each(value, &mut |inner| {
        if let Value::String(text) = inner
            && text.parse::<IpNet>().is_ok()
            && !found.contains(&text.as_str())
        {
            found.push(text);
        }
    });
    if found.iter().any(|network| matches!(*network, "0.0.0.0/0" | "::/0")) {
        return Some("the internet".to_owned());
    }
    (!found.is_empty()).then(|| found.join(", "))
}

fn ports(value: &Value) -> Option<String> {
    let (mut found, mut is_all, mut is_icmp) = (Vec::new(), false, false);
    each(value, &mut |inner| {
        let Value::Object(rule) = inner else { return };
        let field = |names: [&str; 3]| {
            let named = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
            rule.iter().find(|(name, _)| named(name)).map(|(_, value)| match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => {
                    number.as_f64().map_or_else(|| number.to_string(), |n| format!("{n:.0}"))
                }
                _ => String::new(),
            })
        };
        let protocol = field(["ipProtocol", "aclProtocol", "protocol"]).unwrap_or_default();
        let (from, to) = (field(["fromPort", "from", "from"]), field(["toPort", "to", "to"]));
        match (protocol.as_str(), from, to) {
            ("-1", ..) => is_all = true,
            ("icmp" | "icmpv6" | "1" | "58", ..) => is_icmp = true,
            (_, Some(from), Some(to)) if !from.is_empty() && !to.is_empty() => {
                if from == "-1" || (from == "0" && to == "65535") {
                    is_all = true;
                } else {
                    let range = if from == to { from } else { format!("{from}-{to}") };
                    if !found.contains(&range) {
                        found.push(range);
                    }
                }
            }
            _ => {}
        }
    });
    if is_all {
        return Some("all ports".to_owned());
    }
    let noun = if found.len() == 1 && !found[0].contains('-') { "port" } else { "ports" };
    let ranges = (!found.is_empty()).then(|| format!("{noun} {}", found.join(", ")));
    let parts: Vec<String> = ranges.into_iter().chain(is_icmp.then(|| "ICMP".to_owned())).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// Calls `look` with a value and all that is in it.
fn each<'v>(value: &'v Value, look: &mut impl FnMut(&'v Value)) {
    look(value);
    match value {
        Value::Array(list) => list.iter().for_each(|item| each(item, look)),
        Value::Object(fields) => fields.values().for_each(|item| each(item, look)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_taken_out_of_arns() {
        for (filter, text, expected) in [
            (Filter::Name, "arn:aws:cloudtrail:us-east-1:123456789012:trail/audit", "audit"),
            (Filter::Name, "arn:aws:lambda:us-east-1:123456789012:function:orders", "orders"),
            (Filter::Name, "arn:aws:s3:::bucket", "bucket"),
            (Filter::Name, "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbC123", "prod/db"),
            (Filter::Name, "audit", "audit"),
            (Filter::Last, "arn:aws:iam::123456789012:role/team/ci", "ci"),
            (Filter::First, "arn:aws:sts::123456789012:assumed-role/admin/alice", "admin"),
            (Filter::Account, "arn:aws:iam::123456789012:root", "123456789012"),
            (Filter::Account, "123456789012", "123456789012"),
        ] {
            assert_eq!(filter.of_text(text), expected, "{text}");
        }
    }

    #[test]
    fn rules_are_ports_and_networks() {
        let rule = json!({ "items": [{ "ipProtocol": "tcp", "fromPort": 22, "toPort": 22,
            "ipRanges": { "items": [{ "cidrIp": "192.0.2.0/24" }, { "cidrIp": "198.51.100.0/24" }] } }] });
        assert_eq!(Filter::Ports.of_whole(&rule).as_deref(), Some("port 22"));
        assert_eq!(Filter::Networks.of_whole(&rule).as_deref(), Some("192.0.2.0/24, 198.51.100.0/24"));
        for (rule, expected) in [
            (json!({ "IpProtocol": "-1", "CidrIp": "::/0" }), ("all ports", "the internet")),
            (json!({ "FromPort": 0.0, "ToPort": 65535, "x": "0.0.0.0/0" }), ("all ports", "the internet")),
            (
                json!([{ "from": 1, "to": 9, "x": "0.0.0.0/0" }, { "protocol": "icmp" }]),
                ("ports 1-9 and ICMP", "the internet"),
            ),
        ] {
            let (ports, networks) = (Filter::Ports.of_whole(&rule), Filter::Networks.of_whole(&rule));
            assert_eq!((ports.unwrap().as_str(), networks.unwrap().as_str()), expected);
        }
        assert_eq!(Filter::Ports.of_whole(&json!({ "a": 1 })), None);
    }
}
