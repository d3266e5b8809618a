//! `[watchlists]`: lists of texts that detections read; those whose name ends in `-cidrs` hold networks.

use std::{collections::BTreeMap, net::IpAddr};

use ipnet::IpNet;

use super::{Sourced, sourced};
use crate::text::{At, Lint, TomlTable};

/// Reads every list.
pub(super) fn read(table: &TomlTable<'_>) -> BTreeMap<String, Sourced<Vec<String>>> {
    let report = table.report();
    let mut lists = BTreeMap::new();
    for (name, item) in table.entries() {
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.value.is_empty() || !name.value.chars().all(word) {
            let message =
                format!("`{}` is not a name for a watch-list: use a-z, 0-9 and hyphens", name.value);
            report.error(Lint::BadValue, name.place, message);
        }
        let Some(entries) = item.texts() else { continue };
        if name.value.ends_with("-cidrs") {
            for entry in &entries.value {
                if let Err((message, hint)) = network(&entry.value) {
                    report.error_with(Lint::BadNetwork, entry.place, message, hint);
                }
            }
        }
        let value = entries.value.into_iter().map(|entry| entry.value).collect();
        lists.insert(name.value, sourced(At { value, place: entries.place }));
    }
    lists
}

/// Whether a text is a network without host bits; else what is wrong and what was meant.
fn network(text: &str) -> Result<(), (String, Option<String>)> {
    match text.parse::<IpNet>() {
        Ok(network) if network.addr() == network.network() => Ok(()),
        Ok(network) => Err((
            format!("`{text}` has bits beyond its prefix of {} bits", network.prefix_len()),
            Some(format!(
                "write `{}`, or `{}` for the one address",
                network.trunc(),
                IpNet::from(network.addr())
            )),
        )),
        Err(_) => {
            let hint = text.parse::<IpAddr>().ok().map(|address| format!("write `{}`", IpNet::from(address)));
            let hint =
                hint.or_else(|| Some("write a network such as `192.0.2.0/24` or `2001:db8::/32`".to_owned()));
            Err((format!("`{text}` is not a network"), hint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_exact() {
        for good in ["192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0", "192.0.2.7/32"] {
            assert_eq!(network(good), Ok(()), "{good}");
        }
        let hint = |text| network(text).unwrap_err().1.unwrap();
        assert_eq!(hint("192.0.2.7/24"), "write `192.0.2.0/24`, or `192.0.2.7/32` for the one address");
        assert_eq!(hint("192.0.2.7"), "write `192.0.2.7/32`");
        assert_eq!(hint("2001:db8::1"), "write `2001:db8::1/128`");
        assert!(network("192.0.2.0/33").is_err() && network("home").is_err());
    }
}
