//! What one complete object is: a record, a message (see `wrapped`), or something that is reported as a problem.
//!
//! Hands records to the visitor. Does not move through the file.

use std::ops::ControlFlow;

use super::json::{self, Slots};
use super::keys;
use super::problems::{ProblemKind, Problems};
use super::record::RawRecord;
use super::text;
use super::wrapped::Around;
use super::{Flow, Limits};

/// What an object stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// At the top: a line, or the whole file.
    Top,
    /// An element of a bare array.
    Array,
    /// An element of `Records` or `Events`.
    Records,
    /// After damage: an object that is not a record is a piece of one.
    Debris,
}

/// Receives the objects of one file.
pub struct RecordSink<'v> {
    /// Called with each record.
    pub visit: &'v mut dyn FnMut(&RawRecord<'_>) -> Flow,
    /// What was wrong so far.
    pub problems: &'v mut Problems,
    /// How long a record may be.
    pub limits: Limits,
    /// How many records were handed over.
    pub records: u64,
    /// What the text at hand lies in.
    pub around: Around,
    /// Bytes searched without finding a record, less those that were passed; of the file and of all texts in it.
    pub wasted: u64,
    /// Whether the visitor wants no more records.
    pub stopped: bool,
}

impl<'v> RecordSink<'v> {
    /// A sink that has received nothing.
    pub fn new(
        visit: &'v mut dyn FnMut(&RawRecord<'_>) -> Flow,
        problems: &'v mut Problems,
        limits: Limits,
    ) -> Self {
        Self { visit, problems, limits, records: 0, around: Around::default(), wasted: 0, stopped: false }
    }

    /// Takes a complete object and where its known keys are; breaks if the visitor stops.
    pub fn object(&mut self, object: &[u8], slots: &Slots, context: Context) -> ControlFlow<()> {
        match slots.get(object, keys::CLOUD_TRAIL_EVENT) {
            Some([b'"', inner @ .., b'"']) => return self.record_text(inner),
            Some(wrapped @ [b'{', ..]) => return self.inside(wrapped),
            _ => {}
        }
        if slots.get(object, keys::EVENT_NAME).is_none()
            && let Some(flow) = self.message(object, slots, context)
        {
            return flow;
        }
        self.record(object, slots, context)
    }

    fn record(&mut self, object: &[u8], slots: &Slots, context: Context) -> ControlFlow<()> {
        let has = |slot| slots.get(object, slot).is_some();
        if !has(keys::EVENT_NAME) {
            if let Some(kind) = not_a_call(object, slots) {
                self.problems.add(kind, 0, String::new);
                return ControlFlow::Continue(());
            }
            let marks = [keys::EVENT_TIME, keys::EVENT_SOURCE, keys::EVENT_ID, keys::EVENT_VERSION];
            if context != Context::Records && !marks.into_iter().any(has) {
                self.stranger(object, slots, context);
                return ControlFlow::Continue(());
            }
        }
        if let Some(service) = notifying(object, slots) {
            let kind =
                if service == b"aws:kinesis" { ProblemKind::Encoded } else { ProblemKind::Notification };
            self.problems.add(kind, 0, || String::from_utf8_lossy(service).into_owned());
            return ControlFlow::Continue(());
        }
        if let Some([b'"', inner @ .., b'"']) = slots.get(object, keys::USER_IDENTITY)
            && !text::unescape(inner).trim().is_empty()
            && json::object_in_text(inner).is_none()
        {
            self.problems.add(ProblemKind::IdentityText, 0, String::new);
        }
        if !object.is_ascii() && std::str::from_utf8(object).is_err() {
            self.problems.add(ProblemKind::Utf8, 0, String::new);
        }
        self.records += 1;
        match (self.visit)(&RawRecord::new(object, slots)) {
            Flow::Continue => ControlFlow::Continue(()),
            Flow::Stop => {
                self.stopped = true;
                ControlFlow::Break(())
            }
        }
    }

    /// An object that is not a record.
    fn stranger(&mut self, object: &[u8], slots: &Slots, context: Context) {
        for list in [keys::RECORDS, keys::EVENTS] {
            if let Some(first) =
                slots.get(object, list).and_then(<[u8]>::first).filter(|first| **first != b'[')
            {
                let lost = u64::from(*first == b'{');
                let what = super::problems::kind_of(*first);
                return self.problems.add(ProblemKind::RecordsType, lost, || what.into());
            }
        }
        match context {
            Context::Top if !self.around.is_message() => {
                self.problems.add(ProblemKind::NoRecords, 0, || super::problems::looks_like(object))
            }
            Context::Top | Context::Array | Context::Records => {
                self.problems.add(ProblemKind::NotRecord, 0, String::new)
            }
            Context::Debris => {}
        }
    }
}

/// The service whose notification an object is: S3, SQS and others name themselves `aws:s3` where a record has `s3.amazonaws.com`.
fn notifying<'a>(object: &'a [u8], slots: &Slots) -> Option<&'a [u8]> {
    let [b'"', source @ .., b'"'] = slots.get(object, keys::EVENT_SOURCE)? else { return None };
    Some(source).filter(|source| source.starts_with(b"aws:"))
}

/// What other CloudTrail product an object without an event name is.
fn not_a_call(object: &[u8], slots: &Slots) -> Option<ProblemKind> {
    let has = |slot| slots.get(object, slot).is_some();
    if has(keys::INSIGHT_DETAILS)
        || slots.get(object, keys::EVENT_CATEGORY) == Some(b"\"Insight\"")
        || slots.get(object, keys::EVENT_TYPE) == Some(b"\"AwsCloudTrailInsight\"")
    {
        return Some(ProblemKind::Insight);
    }
    (has(keys::DIGEST_END_TIME) || has(keys::DIGEST_S3_OBJECT)).then_some(ProblemKind::Digest)
}
