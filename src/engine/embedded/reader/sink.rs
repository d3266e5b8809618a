//! What one complete object is: a record, a record in a wrapper, or something that is told as a problem.
//!
//! Hands records to the visitor. Does not move through the file.

use std::ops::ControlFlow;

use super::keys;
use super::problems::{Kind, Problems};
use super::record::RawRecord;
use super::scan::{self, Found, Slots, Stop};
use super::text;
use super::{Flow, Limits};

/// Where an object stands in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
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
pub struct Sink<'v> {
    /// Who gets the records.
    pub visit: &'v mut dyn FnMut(&RawRecord<'_>) -> Flow,
    /// What was wrong so far.
    pub problems: &'v mut Problems,
    /// Where the known keys of a wrapped record are; room that is kept between files.
    pub scratch: &'v mut Slots,
    /// How long a record may be.
    pub limits: Limits,
    /// How many records were handed over.
    pub records: u64,
}

impl Sink<'_> {
    /// Takes a complete object and where its known keys are; breaks if the visitor says stop.
    pub fn object(&mut self, object: &[u8], slots: &Slots, place: Place) -> ControlFlow<()> {
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
        self.record(object, slots, place)
    }

    fn wrapped(&mut self, object: &[u8]) -> ControlFlow<()> {
        let mut slots = std::mem::take(self.scratch);
        let found = match object.first() {
            Some(b'{') => scan::object(object, &mut slots, false),
            _ => Err(Stop::Broken(0)),
        };
        let flow = match found {
            Ok(Found::Object(end)) if end == object.len() => self.record(object, &slots, Place::Array),
            Err(Stop::Deep(_)) => {
                self.problems.add(Kind::TooDeep, 1, || scan::MAX_DEPTH.to_string());
                ControlFlow::Continue(())
            }
            _ => {
                self.problems.add(Kind::Broken, 1, || "0 of the wrapped text".into());
                ControlFlow::Continue(())
            }
        };
        *self.scratch = slots;
        flow
    }

    fn record(&mut self, object: &[u8], slots: &Slots, place: Place) -> ControlFlow<()> {
        let has = |slot| slots.get(object, slot).is_some();
        if !has(keys::EVENT_NAME) {
            if let Some(kind) = not_a_call(object, slots) {
                self.problems.add(kind, 0, String::new);
                return ControlFlow::Continue(());
            }
            let marks = [keys::EVENT_TIME, keys::EVENT_SOURCE, keys::EVENT_ID, keys::EVENT_VERSION];
            if place != Place::Records && !marks.into_iter().any(has) {
                self.stranger(object, slots, place);
                return ControlFlow::Continue(());
            }
        }
        if !object.is_ascii() && std::str::from_utf8(object).is_err() {
            self.problems.add(Kind::Utf8, 0, String::new);
        }
        self.records += 1;
        match (self.visit)(&RawRecord::new(object, slots)) {
            Flow::Continue => ControlFlow::Continue(()),
            Flow::Stop => ControlFlow::Break(()),
        }
    }

    /// An object that is not a record.
    fn stranger(&mut self, object: &[u8], slots: &Slots, place: Place) {
        for list in [keys::RECORDS, keys::EVENTS] {
            if let Some(first) =
                slots.get(object, list).and_then(<[u8]>::first).filter(|first| **first != b'[')
            {
                let lost = u64::from(*first == b'{');
                let what = super::problems::kind_of(*first);
                return self.problems.add(Kind::RecordsType, lost, || what.into());
            }
        }
        match place {
            Place::Top => self.problems.add(Kind::NoRecords, 0, || super::problems::looks_like(object)),
            Place::Array | Place::Records => self.problems.add(Kind::NotRecord, 0, String::new),
            Place::Debris => {}
        }
    }
}

/// What other CloudTrail product an object without an event name is.
fn not_a_call(object: &[u8], slots: &Slots) -> Option<Kind> {
    let has = |slot| slots.get(object, slot).is_some();
    if has(keys::INSIGHT_DETAILS)
        || slots.get(object, keys::EVENT_CATEGORY) == Some(b"\"Insight\"")
        || slots.get(object, keys::EVENT_TYPE) == Some(b"\"AwsCloudTrailInsight\"")
    {
        return Some(Kind::Insight);
    }
    (has(keys::DIGEST_END_TIME) || has(keys::DIGEST_S3_OBJECT)).then_some(Kind::Digest)
}
