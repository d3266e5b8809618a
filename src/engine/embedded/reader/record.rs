//! One record as it lies in the file: slices of JSON, decoded only on demand. Knows neither files nor Arrow.

use std::borrow::Cow;

use super::json::{self, Slots};
use super::keys;
use super::text;
use crate::domain::time::Timestamp;

/// The known top-level fields of one record; nothing is decoded yet.
#[derive(Clone, Copy, Debug)]
pub struct RawRecord<'a> {
    object: &'a [u8],
    slots: &'a Slots,
}

impl<'a> RawRecord<'a> {
    /// The object that `slots` were found in.
    pub(super) fn new(object: &'a [u8], slots: &'a Slots) -> Self {
        Self { object, slots }
    }

    /// The whole record's JSON text. Tests and the fuzz target compare records byte for byte with it.
    #[must_use]
    pub fn json(&self) -> &'a [u8] {
        self.object
    }

    /// The JSON text of a column's value, by its index in `COLUMNS`; `None` if the key is absent.
    ///
    /// Not checked to be UTF-8. A value is `null`, a string with quotes, a number, a word, or an object or array.
    #[inline]
    #[must_use]
    pub fn raw(&self, column: usize) -> Option<&'a [u8]> {
        if column < keys::RECORDS { self.slots.get(self.object, column) } else { None }
    }

    /// The JSON text of a column's value without white space between its parts; `None` for `null` and absent.
    #[must_use]
    pub fn compact(&self, column: usize) -> Option<Cow<'a, [u8]>> {
        self.raw(column).filter(|raw| *raw != b"null").map(text::compact)
    }

    /// A column's value as SQL text, by its index in `COLUMNS`; `None` for `null` and absent.
    #[must_use]
    pub fn text(&self, column: usize) -> Option<Cow<'a, str>> {
        text::text(self.raw(column)?)
    }

    /// The first top-level key that `events` has no column for.
    #[must_use]
    pub fn unknown_key(&self) -> Option<&'a [u8]> {
        self.slots.unknown_key(self.object)
    }

    /// The account and the region of the partition that the record lay in, where a candidate of Athena carries them.
    #[must_use]
    pub fn partition(&self) -> (Option<Cow<'a, str>>, Option<Cow<'a, str>>) {
        let of = |slot| text::text(self.slots.get(self.object, slot)?);
        (of(keys::ACCOUNT), of(keys::REGION))
    }

    /// The path of the file that the record lay in, where a candidate of Athena carries it.
    #[inline]
    #[must_use]
    pub fn path(&self) -> Option<Cow<'a, str>> {
        text::text(self.slots.get(self.object, keys::PATH)?)
    }

    /// When S3 got that file, where that counts as the delivery of a candidate of Athena.
    #[must_use]
    pub fn stored(&self) -> Option<Timestamp> {
        let seconds = text::text(self.slots.get(self.object, keys::STORED)?)?;
        seconds.parse().ok().map(Timestamp::from_unix_s)
    }

    /// A member of a column's value as SQL text, such as `userIdentity` and `type`; the key in any case.
    ///
    /// `None` for `null`, absent, and if the column's value is not an object, nor a text that holds one.
    #[must_use]
    pub fn nested_text(&self, column: usize, key: &str) -> Option<Cow<'a, str>> {
        match self.raw(column)? {
            [b'"', inner @ .., b'"'] => {
                let object = json::object_in_text(inner)?;
                text::text(member(&object, key.as_bytes())?).map(|text| Cow::Owned(text.into_owned()))
            }
            raw => text::text(member(raw, key.as_bytes())?),
        }
    }
}

/// The value of the last member of an object with this key, in any case.
#[must_use]
pub fn member<'a>(raw: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    json::members(raw).filter(|(name, _)| is_key(name, key)).last().map(|(_, value)| value)
}

/// Whether a key as written between its quotes is `key`, in any case.
#[inline]
pub(super) fn is_key(written: &[u8], key: &[u8]) -> bool {
    written.eq_ignore_ascii_case(key)
        || (written.contains(&b'\\') && text::unescape(written).as_bytes().eq_ignore_ascii_case(key))
}
