//! Network addresses and URLs.

pub(super) mod ip;
mod url;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &url::URL_DECODE,
    &url::URL_ENCODE,
    &url::URL_EXTRACT_FRAGMENT,
    &url::URL_EXTRACT_HOST,
    &url::URL_EXTRACT_PARAMETER,
    &url::URL_EXTRACT_PATH,
    &url::URL_EXTRACT_PORT,
    &url::URL_EXTRACT_PROTOCOL,
    &url::URL_EXTRACT_QUERY,
];
