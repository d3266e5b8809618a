//! Bytes: encodings and hashes.

pub(super) mod encodings;
mod hashes;
mod xxhash;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &encodings::FROM_BASE64,
    &encodings::FROM_BASE64URL,
    &encodings::FROM_HEX,
    &encodings::FROM_UTF8,
    &encodings::TO_BASE64,
    &encodings::TO_BASE64URL,
    &encodings::TO_HEX,
    &encodings::TO_UTF8,
    &hashes::CRC32,
    &hashes::MD5,
    &hashes::SHA256,
    &hashes::SHA512,
    &xxhash::XXHASH64,
];
