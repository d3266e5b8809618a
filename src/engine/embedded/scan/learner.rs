//! What one thread of a pass learns about habits: from every event of people, keys and roles, decoded only if it says what no
//! event of its day said before.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    hash::{BuildHasher as _, Hasher as _},
    sync::{Arc, LazyLock},
};

use hashbrown::{DefaultHashBuilder, HashSet};

use super::{gate::Fields, normal::NormalRecord};
use crate::{
    domain::{
        cloudtrail::COLUMNS,
        habits::{Call, Days, EventSource, Habits, Sources, day_of},
        normal::SIGN_IN,
        time::Timestamp,
        trace::TraceQuery,
    },
    engine::embedded::reader::{RawRecord, Values as _, member, text},
};

/// Records that a thread remembers to have seen: 8 MB.
const REMEMBERED: usize = 500_000;
/// Habits of one thread. A pass that finds more leaves further ones out.
const MOST: usize = 300_000;

struct Indices {
    identity: usize,
    error_code: usize,
    read_only: usize,
    response: usize,
    details: usize,
    recipient: usize,
    source: usize,
    name: usize,
    region: usize,
    address: usize,
    agent: usize,
    category: usize,
    management: usize,
}

static INDEX: LazyLock<Indices> = LazyLock::new(|| {
    let of = |name: &str| COLUMNS.iter().position(|column| column.name == name).expect("it is a column");
    Indices {
        identity: of("useridentity"),
        error_code: of("errorcode"),
        read_only: of("readonly"),
        response: of("responseelements"),
        details: of("serviceeventdetails"),
        recipient: of("recipientaccountid"),
        source: of("eventsource"),
        name: of("eventname"),
        region: of("awsregion"),
        address: of("sourceipaddress"),
        agent: of("useragent"),
        category: of("eventcategory"),
        management: of("managementevent"),
    }
});

/// The calls whose names are kept even if they only read: by name, the services that have one.
#[derive(Clone, Debug, Default)]
pub struct NamedCalls(HashMap<String, BTreeSet<String>>);

impl NamedCalls {
    /// The calls that a trace collects.
    #[must_use]
    pub fn of(query: &TraceQuery) -> Arc<Self> {
        let mut calls: HashMap<String, BTreeSet<String>> = HashMap::new();
        for (source, names) in &query.calls {
            for name in names {
                calls.entry(name.clone()).or_default().insert(source.clone());
            }
        }
        Arc::new(Self(calls))
    }

    fn has(&self, source: &str, name: &str) -> bool {
        self.0.get(name).is_some_and(|sources| sources.contains(source))
    }
}

/// What a pass learns.
#[derive(Clone, Debug, Default)]
pub struct Lessons {
    /// What habits are learned with, if they are.
    pub habits: Option<Arc<NamedCalls>>,
    /// Whether the sources of all events are noted.
    pub sources: bool,
}

/// Notes the sources of the records that one thread reads.
pub(super) struct SourceNotes {
    hasher: DefaultHashBuilder,
    remembered: HashSet<u64>,
    sources: Sources,
}

impl SourceNotes {
    pub(super) fn new(hasher: DefaultHashBuilder) -> Self {
        Self { hasher, remembered: HashSet::new(), sources: Sources::default() }
    }

    /// Notes the source of a record, decoded only if no record of its day had the same.
    pub(super) fn note(&mut self, record: &RawRecord<'_>, normal: &NormalRecord<'_, '_>, time: Timestamp) {
        let (day, index) = (day_of(time), &*INDEX);
        let mut hash = self.hasher.build_hasher();
        hash.write_i64(day);
        for column in [index.source, index.category, index.management] {
            let raw = record.raw(column).unwrap_or_default();
            hash.write_usize(raw.len());
            hash.write(raw);
        }
        let hash = hash.finish();
        if self.remembered.contains(&hash) {
            return;
        }
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(hash);
        let Some(name) = Fields::text(normal, index.source) else { return };
        let category = Fields::text(normal, index.category);
        let is_management = match (category.as_deref(), Fields::text(normal, index.management).as_deref()) {
            (Some(category), _) => Some(category == "Management"),
            (None, Some(text)) => Some(text == "true"),
            // Old records do not say it.
            (None, None) => None,
        };
        for is_data in [false, true].into_iter().filter(|is_data| is_management != Some(*is_data)) {
            self.sources.note(EventSource { name: name.to_string(), is_data }, Days::on(day));
        }
    }

    /// What was noted.
    pub(super) fn finish(self) -> Sources {
        self.sources
    }
}

/// Learns from the records that one thread reads.
pub(super) struct Learner {
    calls: Arc<NamedCalls>,
    hasher: DefaultHashBuilder,
    remembered: HashSet<u64>,
    habits: Habits,
}

impl Learner {
    pub(super) fn new(calls: Arc<NamedCalls>, hasher: DefaultHashBuilder) -> Self {
        Self { calls, hasher, remembered: HashSet::new(), habits: Habits::default() }
    }

    /// Learns from a record. Calls that failed teach nothing: an attacker's attempts are nobody's habit.
    pub(super) fn note(&mut self, record: &RawRecord<'_>, normal: &NormalRecord<'_, '_>, time: Timestamp) {
        let identity = record.raw(INDEX.identity).unwrap_or_default();
        if memchr::memmem::find(identity, b"\"AWSService\"").is_some() {
            return;
        }
        let day = day_of(time);
        let mut hash = self.hasher.build_hasher();
        hash.write_i64(day);
        hash.write(identity);
        let index = &*INDEX;
        for column in [
            index.recipient,
            index.source,
            index.name,
            index.region,
            index.address,
            index.agent,
            index.error_code,
            index.read_only,
        ] {
            let raw = record.raw(column).unwrap_or_default();
            hash.write_usize(raw.len());
            hash.write(raw);
        }
        let hash = hash.finish();
        if self.remembered.contains(&hash) || has_failed(record, normal) {
            return;
        }
        if self.remembered.len() >= REMEMBERED {
            self.remembered.clear();
        }
        self.remembered.insert(hash);
        for habit in self.habits_of(normal) {
            if self.habits.len() < MOST {
                self.habits.note(habit, Days::on(day));
            } else {
                self.habits.left_out += 1;
            }
        }
    }

    fn habits_of(&self, normal: &NormalRecord<'_, '_>) -> Vec<crate::domain::habits::Habit> {
        let index = &*INDEX;
        let top = |column| Fields::text(normal, column);
        let identity = |key| Fields::nested(normal, index.identity, key);
        let [kind, arn, user_name, principal, account, key, invoked_by] =
            ["type", "arn", "userName", "principalId", "accountId", "accessKeyId", "invokedBy"].map(identity);
        let document = normal.json(index.identity).unwrap_or_default();
        let issuer = member(&document, b"sessionContext").and_then(|it| member(it, b"sessionIssuer"));
        let issuer_arn = issuer.and_then(|issuer| member(issuer, b"arn")).and_then(text);
        let [recipient, source, name, region, address, agent] =
            [index.recipient, index.source, index.name, index.region, index.address, index.agent].map(top);
        let is_named = top(index.read_only).is_none_or(|reads| reads != "true")
            || self.calls.has(source.as_deref().unwrap_or_default(), name.as_deref().unwrap_or_default());
        let call = Call {
            kind: kind.as_deref(),
            arn: arn.as_deref(),
            user_name: user_name.as_deref(),
            principal: principal.as_deref(),
            account: account.as_deref(),
            access_key: key.as_deref(),
            invoked_by: invoked_by.as_deref(),
            issuer_arn: issuer_arn.as_deref(),
            recipient: recipient.as_deref(),
            source: source.as_deref(),
            name: name.as_deref(),
            region: region.as_deref(),
            address: address.as_deref(),
            agent: agent.as_deref(),
            is_named,
        };
        call.habits()
    }

    /// What was learned.
    pub(super) fn finish(self) -> Habits {
        self.habits
    }
}

/// Whether a call failed, or a sign-in.
fn has_failed(record: &RawRecord<'_>, normal: &NormalRecord<'_, '_>) -> bool {
    if Fields::text(normal, INDEX.error_code).is_some() {
        return true;
    }
    let is_sign_in = record.text(INDEX.source) == Some(Cow::Borrowed(SIGN_IN));
    let says_so = |column| {
        let raw = record.raw(column).unwrap_or_default();
        memchr::memmem::find(raw, b"\"Failure\"").is_some()
            || memchr::memmem::find(raw, b"\\\"Failure\\\"").is_some()
    };
    is_sign_in && [INDEX.response, INDEX.details].into_iter().any(says_so)
}
