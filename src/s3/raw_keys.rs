//! Keys exactly as they are in the bucket.
//!
//! A [`Path`] of `object_store` holds no key with an empty segment or a control character, and one such key fails a whole
//! listing. So a listing's keys are escaped in S3's answer, before `object_store` reads it, and unescaped afterwards.

use std::{fmt::Write as _, sync::Arc};

use async_trait::async_trait;
use object_store::{
    ClientOptions, Result,
    client::{
        HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector,
    },
    path::{Path, PathPart},
};

use super::{region::named, requests::RequestCounter};

/// Connects as usual, counts the requests, and escapes the keys of listings, which [`unescaped`] reads.
#[derive(Debug)]
pub struct EscapedListings {
    counter: Arc<RequestCounter>,
}

impl EscapedListings {
    /// Connects so, and counts the requests with this counter.
    #[must_use]
    pub fn counted_by(counter: Arc<RequestCounter>) -> Self {
        Self { counter }
    }
}

impl HttpConnector for EscapedListings {
    fn connect(&self, options: &ClientOptions) -> Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Escaping { client, counter: self.counter.clone() }))
    }
}

#[derive(Debug)]
struct Escaping {
    client: HttpClient,
    counter: Arc<RequestCounter>,
}

#[async_trait]
impl HttpService for Escaping {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let is_listing = request.uri().query().is_some_and(|query| query.contains("list-type=2"));
        let response = named(self.client.execute(request).await?);
        if !response.status().is_success() {
            return Ok(response);
        }
        if !is_listing {
            self.counter.note_object(&response);
            return Ok(response);
        }
        self.counter.note_list();
        let (parts, body) = response.into_parts();
        let listing = body.bytes().await?;
        let listing = escaped_listing(&String::from_utf8_lossy(&listing));
        Ok(HttpResponse::from_parts(parts, listing.into()))
    }
}

/// The XML of a listing with its keys and prefixes escaped.
fn escaped_listing(xml: &str) -> String {
    let mut out = String::with_capacity(xml.len() * 2);
    let mut rest = xml;
    while let Some(at) = rest.find('<') {
        let element = &rest[at..];
        let Some(tag) = ["<Key>", "<Prefix>"].into_iter().find(|tag| element.starts_with(tag)) else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        let begin = at + tag.len();
        let length = rest[begin..].find('<').unwrap_or(rest.len() - begin);
        out.push_str(&rest[..begin]);
        escape(&unescaped_xml(&rest[begin..begin + length]), &mut out);
        rest = &rest[begin + length..];
    }
    out.push_str(rest);
    out
}

/// Appends a key as one segment of letters, digits and `%`.
fn escape(key: &str, out: &mut String) {
    for byte in key.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// The key or prefix that a listing holds as `path`.
#[must_use]
pub fn unescaped(path: &Path) -> String {
    let mut key = Vec::with_capacity(path.as_ref().len());
    let mut rest = path.as_ref().as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| *first == b'%') {
            Some(byte) => {
                key.push(byte);
                rest = &after[2..];
            }
            None => {
                key.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&key).into_owned()
}

/// The text of an XML element without entities.
fn unescaped_xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((entity, after)) = after.split_once(';') else {
            out.push('&');
            rest = after;
            continue;
        };
        let code = |digits: &str| match digits.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16).ok(),
            None => digits.parse().ok(),
        };
        match entity {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => out.push(
                entity
                    .strip_prefix('#')
                    .and_then(code)
                    .and_then(char::from_u32)
                    .unwrap_or(char::REPLACEMENT_CHARACTER),
            ),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The path that asks for exactly this key; `None` if there is none.
///
/// An HTTP client resolves `.` and `..` as folders, and sends no control characters; a path has no leading slash.
#[must_use]
pub fn path_of(key: &str) -> Option<Path> {
    let path =
        key.split('/').try_fold(Path::ROOT, |path, part| Some(path.join(PathPart::parse(part).ok()?)))?;
    (path.as_ref() == key).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_keeps_every_key() {
        let keys = ["/lead//empty/", "a~b #%20é[f]", "x&<>\"'", "../.", "\u{1}", "plain.json.gz", "%2F"];
        for key in keys {
            let xml = key
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;")
                .replace('\u{1}', "&#x1;");
            let listing = format!("<R><Prefix/><Contents><Key>{xml}</Key><Size>1</Size></Contents></R>");
            let escaped = escaped_listing(&listing);
            let (_, rest) = escaped.split_once("<Key>").unwrap();
            let (text, rest) = rest.split_once("</Key>").unwrap();
            assert_eq!(unescaped(&Path::parse(text).unwrap()), key);
            assert_eq!(rest, "<Size>1</Size></Contents></R>");
        }
        let prefixes = "<P><Prefix>a/</Prefix></P><P><Prefix>b&#38;//</Prefix></P>";
        assert_eq!(
            escaped_listing(prefixes),
            "<P><Prefix>a%2F</Prefix></P><P><Prefix>b%26%2F%2F</Prefix></P>"
        );
    }

    #[test]
    fn a_path_asks_for_its_key_or_there_is_none() {
        for key in ["a//b", "a/b/", "é/~ #%20[x]&'", "a/..b"] {
            assert_eq!(path_of(key).unwrap().as_ref(), key);
        }
        for key in ["/a", "a/../b", "./a", "a\u{1}b"] {
            assert_eq!(path_of(key), None, "{key:?}");
        }
    }
}
