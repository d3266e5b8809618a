//! What one complete object is: a record, a record in a wrapper, or something that is reported as a problem.
//!
//! Hands records to the visitor. Does not move through the file.

use std::ops::ControlFlow;

use super::json::{self, Object, Slots, Stop};
use super::keys;
use super::problems::{ProblemKind, Problems};
use super::record::RawRecord;
use super::text;
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
    /// Where the known keys of a wrapped record are; the memory is kept between files.
    pub scratch: &'v mut Slots,
    /// How long a record may be.
    pub limits: Limits,
    /// How many records were handed over.
    pub records: u64,
}

impl RecordSink<'_> {
    /// Takes a complete object and where its known keys are; breaks if the visitor stops.
    pub fn object(&mut self, object: &[u8], slots: &Slots, context: Context) -> ControlFlow<()> {
        if let Some(wrapped) = slots.get(object, keys::CLOUD_TRAIL_EVENT) {
            match wrapped {
                [b'"', inner @ .., b'"'] => {
                    let inner = text::unescape(inner);
                    return self.wrapped(inner.trim_ascii().as_bytes());
                }
                [b'{', ..] => return self.wrapped(wrapped),
                _ => {}
            }
        }
        let named = slots.get(object, keys::EVENT_NAME).is_some();
        if let Some(detail @ [b'{', ..]) = slots.get(object, keys::DETAIL).filter(|_| !named) {
            return self.wrapped(detail);
        }
        self.record(object, slots, context)
    }

    fn wrapped(&mut self, object: &[u8]) -> ControlFlow<()> {
        let mut slots = std::mem::take(self.scratch);
        let found = match object.first() {
            Some(b'{') => json::object(object, &mut slots, false),
            _ => Err(Stop::Broken(0)),
        };
        let flow = match found {
            Ok(Object::Complete(end)) if end == object.len() => self.record(object, &slots, Context::Array),
            Err(Stop::Deep(_)) => {
                self.problems.add(ProblemKind::TooDeep, 1, || json::MAX_DEPTH.to_string());
                ControlFlow::Continue(())
            }
            _ => {
                self.problems.add(ProblemKind::Broken, 1, || "0 of the wrapped text".into());
                ControlFlow::Continue(())
            }
        };
        *self.scratch = slots;
        flow
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
        if !object.is_ascii() && std::str::from_utf8(object).is_err() {
            self.problems.add(ProblemKind::Utf8, 0, String::new);
        }
        self.records += 1;
        match (self.visit)(&RawRecord::new(object, slots)) {
            Flow::Continue => ControlFlow::Continue(()),
            Flow::Stop => ControlFlow::Break(()),
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
            Context::Top => {
                self.problems.add(ProblemKind::NoRecords, 0, || super::problems::looks_like(object))
            }
            Context::Array | Context::Records => self.problems.add(ProblemKind::NotRecord, 0, String::new),
            Context::Debris => {}
        }
    }
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
