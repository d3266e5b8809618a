//! What the user's databases say of the addresses in a brief.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{RunContext, stories};
use crate::domain::{brief::Brief, untrusted::Untrusted};

/// Notes where the addresses of findings and stories are, except those in networks that the organization knows.
pub(super) fn note(context: &RunContext, brief: &mut Brief) {
    if context.databases.is_empty() {
        return;
    }
    let trusted: Vec<IpNet> = stories::trusted(context).iter().filter_map(|text| text.parse().ok()).collect();
    let of_stories = brief.stories.iter().flat_map(|story| &story.addresses).map(|it| &it.address);
    let of_findings = brief.findings.iter().filter_map(|finding| finding.source_ip.as_ref());
    let mut found = std::mem::take(&mut brief.addresses);
    for text in of_stories.chain(of_findings).map(Untrusted::raw) {
        let Ok(address) = text.parse::<IpAddr>() else { continue };
        if found.contains_key(text) || trusted.iter().any(|network| network.contains(&address)) {
            continue;
        }
        let whereabouts = context.databases.of(address);
        if !whereabouts.is_empty() {
            found.insert(text.to_owned(), whereabouts);
        }
    }
    brief.addresses = found;
}
