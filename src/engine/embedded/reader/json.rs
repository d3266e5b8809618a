//! Where JSON values begin and end. The rest of the reader builds on it.
//!
//! It finds ends and slices; it decodes nothing and copies nothing. Strings and brackets are followed
//! exactly, scalars inside nested values are not looked at. A line feed inside a string is an error: that
//! is what stops a damaged line from swallowing the lines after it. Control characters that JSON
//! forbids are let through otherwise.

use super::keys::{self, EVENT_NAME, LISTS, SLOTS};
use super::{printed, text};

/// Levels of nesting, the record itself included, that a record may have.
pub const MAX_DEPTH: usize = 128;

/// Why the end of a value was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The bytes end inside the value.
    More,
    /// What stands before or at this index cannot continue a JSON value; no byte after it was looked at.
    Broken(usize),
    /// The value is nested deeper than [`MAX_DEPTH`]; found at this index.
    Deep(usize),
}

/// What an object turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// A complete object that ends before this index.
    Complete(usize),
    /// An envelope: one of its [`LISTS`] opens at this index.
    Envelope(usize),
}

/// Where the values of the known keys of one object lie, as offsets from its opening brace.
#[derive(Clone, Debug)]
pub struct Slots {
    values: [(u32, u32); SLOTS],
    /// Where the quote before the first key stands that is not known; zero if all are.
    unknown: u32,
}

impl Default for Slots {
    fn default() -> Self {
        Self { values: [(0, 0); SLOTS], unknown: 0 }
    }
}

impl Slots {
    /// The value's JSON text within `object`, the bytes that it was found in.
    #[inline]
    #[must_use]
    pub fn get<'a>(&self, object: &'a [u8], slot: usize) -> Option<&'a [u8]> {
        let (start, end) = *self.values.get(slot)?;
        if end == 0 { None } else { object.get(start as usize..end as usize) }
    }

    /// The first key of `object` that is not known, as written between its quotes.
    #[must_use]
    pub fn unknown_key<'a>(&self, object: &'a [u8]) -> Option<&'a [u8]> {
        let start = self.unknown as usize;
        (start > 0).then(|| name(object, start).ok().map(|(name, _)| name))?
    }

    #[inline]
    fn set(&mut self, slot: usize, start: usize, end: usize) {
        self.values[slot] = (start as u32, end as u32);
    }

    #[inline]
    fn has(&self, slot: usize) -> bool {
        self.values[slot].1 != 0
    }
}

/// Finds the end of the object that opens at `bytes[0]`, and notes the values of known keys; the last of equal keys wins.
///
/// With `lists`, a key of one of the [`LISTS`] whose value is an array ends the search at once, unless the
/// object has an event name and so is a record. Offsets beyond 4 GiB do not occur: callers bound `bytes`.
pub fn object(bytes: &[u8], slots: &mut Slots, lists: bool) -> Result<Object, Stop> {
    *slots = Slots::default();
    let mut at = skip_space(bytes, 1);
    if byte(bytes, at)? == b'}' {
        return Ok(Object::Complete(at + 1));
    }
    loop {
        let (slot, value) = key(bytes, at)?;
        if lists
            && slot.is_some_and(|slot| LISTS.contains(&slot))
            && byte(bytes, value)? == b'['
            && !slots.has(EVENT_NAME)
        {
            return Ok(Object::Envelope(value));
        }
        let end = value_end(bytes, value)?;
        match slot {
            Some(slot) => slots.set(slot, value, end),
            None if slots.unknown == 0 => slots.unknown = at as u32,
            None => {}
        }
        at = skip_space(bytes, end);
        match byte(bytes, at)? {
            b',' => at = skip_space(bytes, at + 1),
            b'}' => return Ok(Object::Complete(at + 1)),
            _ => return Err(Stop::Broken(at)),
        }
    }
}

/// Reads the key whose quote stands at `at`: its slot, and where its value begins.
#[inline]
pub fn key(bytes: &[u8], at: usize) -> Result<(Option<usize>, usize), Stop> {
    let (name, value) = name(bytes, at)?;
    let slot = keys::slot(name).or_else(|| {
        // Only an unknown key can contain an escape, so the common path never looks for one.
        memchr::memchr(b'\\', name).and_then(|_| keys::slot(text::unescape(name).as_bytes()))
    });
    Ok((slot, value))
}

/// Reads the key whose quote stands at `at`: the bytes between the quotes, and where its value begins.
#[inline]
fn name(bytes: &[u8], at: usize) -> Result<(&[u8], usize), Stop> {
    if byte(bytes, at)? != b'"' {
        return Err(Stop::Broken(at));
    }
    let end = string_end(bytes, at + 1)?;
    let colon = skip_space(bytes, end);
    if byte(bytes, colon)? != b':' {
        return Err(Stop::Broken(colon));
    }
    let value = skip_space(bytes, colon + 1);
    byte(bytes, value)?;
    Ok((&bytes[at + 1..end - 1], value))
}

/// The index after the value that begins at `at`.
#[inline]
pub fn value_end(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    match byte(bytes, at)? {
        b'"' => string_end(bytes, at + 1),
        b'{' | b'[' => nested_end(bytes, at),
        _ => scalar_end(bytes, at),
    }
}

/// The index after the closing quote; `at` is the index after the opening one.
#[inline]
pub fn string_end(bytes: &[u8], mut at: usize) -> Result<usize, Stop> {
    loop {
        at = next_special(bytes, at);
        match byte(bytes, at)? {
            b'"' => return Ok(at + 1),
            b'\\' => {
                if byte(bytes, at + 1)? == b'\n' {
                    return Err(Stop::Broken(at + 1));
                }
                at += 2;
            }
            _ => return Err(Stop::Broken(at)),
        }
    }
}

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);

/// A word whose lowest set bit lies in the first byte of `word` that equals `wanted`; zero if none does.
#[inline(always)]
const fn matches(word: u64, wanted: u8) -> u64 {
    let zeroed = word ^ (ONES * wanted as u64);
    zeroed.wrapping_sub(ONES) & !zeroed & HIGHS
}

/// The index of the next quote, backslash or line feed, or the length.
#[inline(always)]
fn next_special(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let word = u64::from_le_bytes(*chunk);
        let hits = matches(word, b'"') | matches(word, b'\\') | matches(word, b'\n');
        if hits != 0 {
            return at + (hits.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(byte) = bytes.get(at) {
        if matches!(byte, b'"' | b'\\' | b'\n') {
            return at;
        }
        at += 1;
    }
    at
}

/// 0 for bytes that a nested value's structure does not depend on.
const STRUCTURE: [u8; 256] = {
    let mut table = [0; 256];
    table[b'"' as usize] = 1;
    table[b'{' as usize] = 2;
    table[b'[' as usize] = 2;
    table[b'}' as usize] = 3;
    table[b']' as usize] = 3;
    table
};

/// The index after the bracket that closes the one at `at`.
fn nested_end(bytes: &[u8], mut at: usize) -> Result<usize, Stop> {
    // One bit per level, set for objects; the level of the record around the value is not kept.
    let mut open: u128 = 0;
    let mut depth = 0;
    loop {
        let found = byte(bytes, at)?;
        match STRUCTURE[usize::from(found)] {
            0 => at += 1,
            1 => at = string_end(bytes, at + 1)?,
            2 => {
                depth += 1;
                if depth >= MAX_DEPTH {
                    return Err(Stop::Deep(at));
                }
                open = open << 1 | u128::from(found == b'{');
                at += 1;
            }
            _ => {
                if (open & 1 == 1) != (found == b'}') {
                    return Err(Stop::Broken(at));
                }
                open >>= 1;
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return Ok(at);
                }
            }
        }
    }
}

/// The index after a number or a word; words that no JSON writer emits are an error.
fn scalar_end(bytes: &[u8], at: usize) -> Result<usize, Stop> {
    let mut end = at;
    while !matches!(byte(bytes, end)?, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n') {
        end += 1;
        if end - at > 512 {
            return Err(Stop::Broken(end));
        }
    }
    let scalar = &bytes[at..end];
    let number = || {
        scalar.iter().any(u8::is_ascii_digit)
            && scalar.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'))
    };
    match scalar {
        b"true" | b"false" | b"null" | b"NaN" | b"Infinity" | b"-Infinity" => Ok(end),
        _ if number() => Ok(end),
        _ => Err(Stop::Broken(end)),
    }
}

/// The index of the first byte from `at` on that is not white space.
#[inline]
pub fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

#[inline(always)]
fn byte(bytes: &[u8], at: usize) -> Result<u8, Stop> {
    bytes.get(at).copied().ok_or(Stop::More)
}

/// The object that a string holds as JSON text, or as a struct that Athena printed, given between its quotes.
pub fn object_in_text(inner: &[u8]) -> Option<Vec<u8>> {
    let text = text::unescape(inner);
    let text = text.trim_ascii();
    if !text.starts_with('{') {
        return None;
    }
    if object(text.as_bytes(), &mut Slots::default(), false) == Ok(Object::Complete(text.len())) {
        return Some(text.as_bytes().to_vec());
    }
    printed::json(text).map(String::into_bytes)
}

/// The members of the object in `raw` as (key between the quotes, value), until it ends or stops being JSON.
pub fn members(raw: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut at = if raw.first() == Some(&b'{') { 1 } else { raw.len() };
    std::iter::from_fn(move || {
        let (name, value) = name(raw, skip_space(raw, at)).ok()?;
        let end = value_end(raw, value).ok()?;
        at = skip_space(raw, end);
        at = if raw.get(at) == Some(&b',') { at + 1 } else { raw.len() };
        Some((name, &raw[value..end]))
    })
}

/// The elements of the array in `raw`, until it ends or stops being JSON.
pub fn elements(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = if raw.first() == Some(&b'[') { 1 } else { raw.len() };
    std::iter::from_fn(move || {
        let start = skip_space(raw, at);
        let end = value_end(raw, start).ok()?;
        at = skip_space(raw, end);
        at = if raw.get(at) == Some(&b',') { at + 1 } else { raw.len() };
        Some(&raw[start..end])
    })
}
