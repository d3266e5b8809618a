//! `url_extract_*`, `url_encode`, `url_decode`: parts of a URL; NULL if the text is not a URL.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, KernelResult, Overload, Param, Spec, given, int, text};
use crate::functions::error::FunctionError;

const ONE: &[Param] = &[Param::Text];

macro_rules! parts {
    ($($spec:ident $name:literal $part:expr;)*) => {
        $(pub(super) const $spec: Spec =
            Spec { name: $name, overloads: &[Overload::new(ONE, text, |call| extract(call, $part))] };)*
    };
}

parts! {
    URL_EXTRACT_PROTOCOL "url_extract_protocol" |url| Some(url.scheme);
    URL_EXTRACT_HOST "url_extract_host" |url| url.host;
    URL_EXTRACT_PATH "url_extract_path" |url| Some(url.path);
    URL_EXTRACT_QUERY "url_extract_query" |url| url.query;
    URL_EXTRACT_FRAGMENT "url_extract_fragment" |url| url.fragment;
}

pub(super) const URL_EXTRACT_PORT: Spec =
    Spec { name: "url_extract_port", overloads: &[Overload::new(ONE, int, port)] };
pub(super) const URL_EXTRACT_PARAMETER: Spec = Spec {
    name: "url_extract_parameter",
    overloads: &[Overload::new(&[Param::Text, Param::Text], text, parameter)],
};
pub(super) const URL_ENCODE: Spec =
    Spec { name: "url_encode", overloads: &[Overload::new(ONE, text, encode)] };
pub(super) const URL_DECODE: Spec =
    Spec { name: "url_decode", overloads: &[Overload::new(ONE, text, decode)] };

#[derive(Debug, Default, PartialEq, Eq)]
struct Url<'a> {
    scheme: &'a str,
    host: Option<&'a str>,
    port: Option<i64>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

/// Splits a URI; the parts stay encoded.
fn split(text: &str) -> Option<Url<'_>> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c);
    if text.contains(bad) {
        return None;
    }
    let mut url = Url::default();
    let (rest, fragment) = text.split_once('#').map_or((text, None), |(rest, part)| (rest, Some(part)));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, part)| (rest, Some(part)));
    (url.fragment, url.query) = (fragment, query);
    let mut rest = rest;
    let head = rest.find(['/', ':']).unwrap_or(rest.len());
    if rest[head..].starts_with(':') {
        let scheme = &rest[..head];
        let plain = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(plain) {
            return None;
        }
        url.scheme = scheme;
        rest = &rest[head + 1..];
    }
    if let Some(after) = rest.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        let (authority, path) = after.split_at(end);
        url.path = path;
        let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (host, port.parse().ok()),
            _ => (place, None),
        };
        url.host = is_host(host).then_some(host);
        url.port = port;
    } else {
        url.path = rest;
    }
    Some(url)
}

/// Whether an authority names a server: one label, a name whose last label begins with a letter, four
/// numbers, or brackets.
fn is_host(text: &str) -> bool {
    if text.starts_with('[') {
        return text.ends_with(']');
    }
    let labels: Vec<&str> = text.strip_suffix('.').unwrap_or(text).split('.').collect();
    let is_label = |label: &&str| {
        label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_named = labels.last().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_alphabetic()));
    let is_v4 = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    labels.iter().all(is_label) && (is_named || labels.len() == 1) || is_v4
}

/// Percent decoding; `+` is a space if `plus`. `None` if an escape is incomplete.
fn decoded(text: &str, plus: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match byte {
            b'%' => {
                let hex = rest.get(..2).and_then(|hex| std::str::from_utf8(hex).ok())?;
                rest = &rest[2..];
                u8::from_str_radix(hex, 16).ok()?
            }
            b'+' if plus => b' ',
            byte => *byte,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn extract(call: &Call, part: for<'a> fn(Url<'a>) -> Option<&'a str>) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| {
        let part = part(given!(split(given!(source.at(row)))));
        Ok(Some(decoded(part.unwrap_or_default(), false).unwrap_or_default()))
    })
}

fn port(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ints(|row| Ok(given!(split(given!(source.at(row)))).port))
}

fn parameter(call: &Call) -> Result<ArrayRef> {
    let (source, name) = (call.text(0)?, call.text(1)?);
    call.texts(|row| -> KernelResult<String> {
        let (source, name) = (given!(source.at(row)), given!(name.at(row)));
        let query = given!(given!(split(source)).query);
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if decoded(key, true).as_deref() == Some(name) {
                return Ok(decoded(value, true));
            }
        }
        Ok(None)
    })
}

fn encode(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| {
        let mut text = String::new();
        for byte in given!(source.at(row)).bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                    text.push(char::from(byte))
                }
                b' ' => text.push('+'),
                byte => text.push_str(&format!("%{byte:02X}")),
            }
        }
        Ok(Some(text))
    })
}

fn decode(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.texts(|row| {
        let source = given!(source.at(row));
        let text = decoded(source, true);
        Ok(Some(text.ok_or_else(|| FunctionError::argument(format!("Cannot decode '{source}'")))?))
    })
}
