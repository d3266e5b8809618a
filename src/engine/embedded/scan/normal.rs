//! A record as detections see it: [`domain::normal`](crate::domain::normal) applied to its raw fields.
//!
//! A field is looked at only when it is asked for, and copied only where a rule changes it. Ad hoc SQL sees records as they are.

use std::{borrow::Cow, cell::OnceCell, sync::LazyLock};

use sha2::{Digest, Sha256};

use super::gate::Fields;
use crate::{
    domain::{
        cloudtrail::COLUMNS,
        hex::hex,
        normal::{self, Identity},
        time::Timestamp,
    },
    engine::embedded::reader::{RawRecord, Values, member, members, object_in_text, text},
};

/// What stands before the hash that is the id of an event without one.
pub const CONTENT_ID: &str = "content:";
/// The fields of an identity that are part of that hash.
pub const CONTENT_IDENTITY: [&str; 5] = ["type", "principalId", "arn", "accountId", "accessKeyId"];
/// The columns that are part of that hash beside the identity, which comes before the last of them.
pub const CONTENT_COLUMNS: [&str; 8] = [
    "eventtime",
    "eventsource",
    "eventname",
    "awsregion",
    "sourceipaddress",
    "errorcode",
    "requestid",
    "requestparameters",
];
/// Fields of an identity that are true or false.
const TRUTHS: [&[u8]; 3] = [b"mfaAuthenticated", b"assumedRoot", b"sessionCredentialFromConsole"];
const EMPTY: &[u8] = b"\"\"";

struct Indices {
    identity: usize,
    error_code: usize,
    read_only: usize,
    management: usize,
    console: usize,
    event_type: usize,
    event_name: usize,
    event_source: usize,
    event_id: usize,
    time: usize,
    details: usize,
    addendum: usize,
    shared: usize,
    content: [usize; CONTENT_COLUMNS.len()],
}

static INDEX: LazyLock<Indices> = LazyLock::new(|| {
    let of = |name: &str| COLUMNS.iter().position(|column| column.name == name).expect("it is a column");
    Indices {
        identity: of("useridentity"),
        error_code: of("errorcode"),
        read_only: of("readonly"),
        management: of("managementevent"),
        console: of("sessioncredentialfromconsole"),
        event_type: of("eventtype"),
        event_name: of("eventname"),
        event_source: of("eventsource"),
        event_id: of("eventid"),
        time: of("eventtime"),
        details: of("serviceeventdetails"),
        addendum: of("addendum"),
        shared: of("sharedeventid"),
        content: CONTENT_COLUMNS.map(of),
    }
});

/// A record as detections see it.
pub struct NormalRecord<'r, 'a> {
    record: &'r RawRecord<'a>,
    /// The identity where a rule changes it.
    identity: OnceCell<Option<Vec<u8>>>,
    event_id: OnceCell<String>,
}

impl<'r, 'a> NormalRecord<'r, 'a> {
    /// This record, seen so.
    pub fn new(record: &'r RawRecord<'a>) -> Self {
        Self { record, identity: OnceCell::new(), event_id: OnceCell::new() }
    }

    /// A text that is there and not empty.
    fn plain(&self, column: usize) -> Option<Cow<'_, str>> {
        self.record.text(column).filter(|text| !text.is_empty())
    }

    fn truth(&self, column: usize) -> Option<Cow<'_, str>> {
        self.plain(column).map(|text| match truth(text.as_bytes()) {
            Some(written) => Cow::Borrowed(written),
            None => text,
        })
    }

    fn event_type(&self) -> &'static str {
        if self.record.compact(INDEX.details).is_some() {
            return "AwsServiceEvent";
        }
        normal::event_type(&self.record.text(INDEX.event_source).unwrap_or_default())
    }

    /// The id of the original event if this record updates it: CloudTrail sent the event again with more or other fields.
    pub fn updates(&self) -> Option<Cow<'_, str>> {
        let reason = self.record.nested_text(INDEX.addendum, "reason")?;
        let original = self.record.nested_text(INDEX.addendum, "originalEventID")?;
        (reason.eq_ignore_ascii_case("UPDATED_DATA") && normal::uuid(&original).is_some()).then_some(original)
    }

    /// The event's id: the original's if this record updates it, a hash of its content if it has none.
    pub fn event_id(&self) -> Cow<'_, str> {
        if self.record.raw(INDEX.addendum).is_some()
            && let Some(original) = self.updates()
        {
            return original;
        }
        match self.record.text(INDEX.event_id).filter(|id| normal::uuid(id).is_some()) {
            Some(id) => id,
            None => Cow::Borrowed(self.event_id.get_or_init(|| self.content_id())),
        }
    }

    /// The event's own id, and the id that its records in several accounts share.
    pub fn shares(&self) -> Option<(u128, u128)> {
        let shared = normal::uuid(&self.record.text(INDEX.shared)?)?;
        Some((normal::uuid(&self.event_id())?, shared))
    }

    /// A hash that is the same in every pass and on both engines.
    fn content_id(&self) -> String {
        let of = |column: &usize| self.record.text(*column).unwrap_or_default();
        let (columns, last) = INDEX.content.split_at(CONTENT_COLUMNS.len() - 1);
        let identity =
            CONTENT_IDENTITY.map(|key| self.record.nested_text(INDEX.identity, key).unwrap_or_default());
        let parts: Vec<Cow<'_, str>> =
            columns.iter().map(of).chain(identity).chain(last.iter().map(of)).collect();
        let digest = Sha256::digest(parts.join("\n"));
        format!("{CONTENT_ID}{}", hex(&digest[..16]))
    }

    /// The JSON text of the identity: always an object.
    fn identity(&self) -> &[u8] {
        let raw = self.record.raw(INDEX.identity).unwrap_or_default();
        let normal = self.identity.get_or_init(|| match raw {
            [b'{', ..] => needs_change(raw).then(|| normal_identity(raw)),
            [b'"', inner @ .., b'"'] => Some(normal_identity(&object_in_text(inner).unwrap_or_default())),
            _ => Some(normal_identity(b"")),
        });
        normal.as_deref().unwrap_or(raw)
    }
}

impl Fields for NormalRecord<'_, '_> {
    fn text(&self, column: usize) -> Option<Cow<'_, str>> {
        let index = &*INDEX;
        if column == index.error_code {
            self.record.text(column).filter(|code| !normal::is_no_error(code))
        } else if column == index.read_only {
            Some(self.truth(column).unwrap_or_else(|| {
                let reads = normal::is_read(&self.record.text(index.event_name).unwrap_or_default());
                Cow::Borrowed(if reads { "true" } else { "false" })
            }))
        } else if column == index.management || column == index.console {
            self.truth(column)
        } else if column == index.event_type {
            Some(self.plain(column).unwrap_or_else(|| Cow::Borrowed(self.event_type())))
        } else if column == index.event_id {
            Some(self.event_id())
        } else if column == index.time {
            self.plain(column).map(iso_time)
        } else {
            self.plain(column)
        }
    }

    fn nested(&self, column: usize, key: &str) -> Option<Cow<'_, str>> {
        if column == INDEX.identity {
            let written = self.record.nested_text(column, key).filter(|text| !text.is_empty());
            if written.is_some() {
                return written;
            }
            return text(member(self.identity(), key.as_bytes())?);
        }
        self.record.nested_text(column, key).filter(|text| !text.is_empty())
    }
}

impl Values for NormalRecord<'_, '_> {
    fn json(&self, column: usize) -> Option<Cow<'_, [u8]>> {
        let index = &*INDEX;
        if column == index.identity {
            return Some(Cow::Borrowed(self.identity()));
        }
        let raw = self.record.raw(column).filter(|raw| *raw != EMPTY);
        if column == index.error_code {
            return raw.filter(|_| self.text(column).is_some()).map(Cow::Borrowed);
        }
        let derived =
            [index.read_only, index.management, index.console, index.event_type, index.event_id, index.time];
        if !derived.contains(&column) {
            return raw.map(Cow::Borrowed);
        }
        let value = self.text(column)?;
        match raw {
            Some(raw) if text(raw).is_some_and(|written| written == value) => Some(Cow::Borrowed(raw)),
            // Such a value is a word, an id, a hash or a time: nothing in it needs an escape.
            _ => Some(Cow::Owned(format!("\"{value}\"").into_bytes())),
        }
    }
}

/// A time as CloudTrail writes it, if SQL could not read it as an ISO time; otherwise as it is.
fn iso_time(written: Cow<'_, str>) -> Cow<'_, str> {
    if Timestamp::parse_iso(&written).is_some() {
        return written;
    }
    match normal::event_time(&written) {
        Some(time) => Cow::Owned(time.to_string()),
        None => written,
    }
}

/// `true` or `false` for these words in any case of letters.
fn truth(text: &[u8]) -> Option<&'static str> {
    ["true", "false"].into_iter().find(|word| word.as_bytes().eq_ignore_ascii_case(text))
}

/// Whether a rule changes an identity, given as an object.
fn needs_change(raw: &[u8]) -> bool {
    let (mut kind, mut name) = (false, false);
    for (key, value) in members(raw) {
        kind |= key.eq_ignore_ascii_case(b"type");
        name |= [&b"arn"[..], b"userName"].iter().any(|known| key.eq_ignore_ascii_case(known))
            && value != b"null";
    }
    let finds = |needle: &[u8]| memchr::memmem::find(raw, needle).is_some();
    !kind || !name || finds(EMPTY) || finds(b"True") || finds(b"False") || finds(b"TRUE") || finds(b"FALSE")
}

/// An identity without its empty fields, with its type and, if nothing names it, with a user name. Of what is not an object
/// nothing is known.
fn normal_identity(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + 64);
    without_empty(raw, &mut out);
    let field = |key: &[u8]| member(&out, key).and_then(text);
    let kind = match field(b"type") {
        Some(_) => None,
        None => Some(normal::identity_type(field(b"arn").as_deref(), field(b"invokedBy").as_deref())),
    };
    let name = if issuer_arn(&out).is_none() && field(b"arn").is_none() && field(b"userName").is_none() {
        let behalf = member(&out, b"onBehalfOf").unwrap_or_default();
        let [principal, account, invoked_by, credential] =
            [&b"principalId"[..], b"accountId", b"invokedBy", b"credentialId"].map(field);
        let [user, store] =
            [&b"userId"[..], b"identityStoreArn"].map(|key| member(behalf, key).and_then(text));
        Identity {
            kind: field(b"type").as_deref(),
            principal: principal.as_deref(),
            account: account.as_deref(),
            invoked_by: invoked_by.as_deref(),
            credential: credential.as_deref(),
            user: user.as_deref(),
            store: store.as_deref(),
        }
        .name()
    } else {
        None
    };
    for (key, value) in [("type", kind.map(str::to_owned)), ("userName", name)] {
        let Some(value) = value else { continue };
        out.pop();
        let comma = if out.len() > 1 { "," } else { "" };
        let value = serde_json::Value::from(value);
        out.extend_from_slice(format!("{comma}\"{key}\":{value}}}").as_bytes());
    }
    out
}

fn issuer_arn(identity: &[u8]) -> Option<Cow<'_, str>> {
    let issuer = member(member(identity, b"sessionContext")?, b"sessionIssuer")?;
    member(issuer, b"arn").and_then(text)
}

/// Appends an object without the members that are empty or null, at every depth.
fn without_empty(object: &[u8], out: &mut Vec<u8>) {
    out.push(b'{');
    let start = out.len();
    for (key, value) in members(object).filter(|(_, value)| *value != EMPTY && *value != b"null") {
        if out.len() > start {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(key);
        out.extend_from_slice(b"\":");
        match value {
            [b'{', ..] => without_empty(value, out),
            [b'"', inner @ .., b'"'] if TRUTHS.iter().any(|known| key.eq_ignore_ascii_case(known)) => {
                out.push(b'"');
                out.extend_from_slice(truth(inner).map_or(inner, str::as_bytes));
                out.push(b'"');
            }
            _ => out.extend_from_slice(value),
        }
    }
    out.push(b'}');
}
