//! Where addresses are, as JSON; keys as in `schema_version` 1.

use serde::Serialize;

use crate::domain::{brief::Brief, untrusted::Untrusted};

/// What databases say of an address, in the shape of `schema_version` 1.
#[derive(Serialize)]
pub(in crate::render) struct WhereaboutsV1<'a> {
    address: &'a str,
    location: Option<&'a str>,
    operator: Option<&'a str>,
}

/// What is known of the addresses in a brief.
pub(in crate::render) fn addresses(brief: &Brief) -> Vec<WhereaboutsV1<'_>> {
    let of = brief.addresses.iter().map(|(address, known)| WhereaboutsV1 {
        address,
        location: known.location.as_ref().map(Untrusted::raw),
        operator: known.operator.as_ref().map(Untrusted::raw),
    });
    of.collect()
}
