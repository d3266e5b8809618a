//! A case file: what an investigation found about its subject.

use super::{story::Story, story::StoryLink, time::Timestamp, untrusted::Untrusted};

/// What an investigation found.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// Whom or what it is about, as it was asked for.
    pub subject: String,
    /// What happened, as stories tell it. Its chain is whoever the subject made possible.
    pub story: Story,
    /// Who made the subject possible, the nearest first.
    pub behind: Vec<StoryLink>,
    /// For each step of the story, who acted, if that is not the subject itself.
    pub by: Vec<Option<Untrusted>>,
    /// How many calls the case has.
    pub calls: u64,
    /// How many of its calls were not kept, because there were too many.
    pub left_out: u64,
    /// Which calls these were: those that change something and succeeded first, then those that failed, then those that read.
    pub tally: Vec<CallTally>,
    /// What the calls were about, most of what was changed first.
    pub touched: Vec<Touched>,
    /// How much more the calls were about.
    pub touched_more: u64,
    /// What else used the same keys or addresses.
    pub others: Vec<OtherUse>,
    /// The calls themselves, by id, with who made each; in order of time.
    pub events: Vec<CaseEvent>,
    /// Whoever acted, as subjects of further investigations.
    pub pivots: Vec<Pivot>,
}

/// One call of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseEvent {
    /// Its position among the events that the investigation read.
    pub at: usize,
    /// Who made it.
    pub who: Option<Untrusted>,
}

/// How often a call was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallTally {
    /// `service:Call`.
    pub call: Untrusted,
    /// What came of it.
    pub outcome: CallOutcome,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Option<Timestamp>,
    /// The last time.
    pub last: Option<Timestamp>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallOutcome {
    /// It changed something.
    Changed,
    /// It was denied.
    Denied,
    /// It failed for another reason.
    Failed,
    /// It only read.
    Read,
}

impl CallOutcome {
    /// Its name in machine output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::Read => "read",
        }
    }
}

/// Something that calls were about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its name, id or ARN.
    pub resource: Untrusted,
    /// How many calls changed it.
    pub changed: u64,
    /// How many calls named it.
    pub calls: u64,
}

/// Another use of a key or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherUse {
    /// The key or address, with its kind.
    pub shared: Untrusted,
    /// Who used it, and from where.
    pub who: Untrusted,
    /// How many calls.
    pub calls: u64,
    /// The first of them.
    pub first: Option<Timestamp>,
    /// The last of them.
    pub last: Option<Timestamp>,
}

/// What to investigate next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pivot {
    /// The option of `investigate`, such as `--key`.
    pub option: &'static str,
    /// Its value.
    pub value: Untrusted,
    /// Why.
    pub why: String,
}

/// Why a subject leads to no case file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectError {
    /// No event belongs to the subject; with the names of those who acted.
    Nothing(Vec<String>),
    /// Several principals have this name: each as an option of `investigate`, with how many calls it made.
    Ambiguous(Vec<(Pivot, u64)>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_have_names() {
        use CallOutcome::{Changed, Denied, Failed, Read};
        let names = [Changed, Denied, Failed, Read].map(CallOutcome::as_str);
        assert_eq!(names, ["changed", "denied", "failed", "read"]);
    }
}
