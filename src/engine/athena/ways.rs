//! Which detection is asked how: with the others by one statement, or by a statement of its own.

use super::{Athena, batches::batches, candidates, own};
use crate::{
    domain::time::Window,
    engine::{
        NoAnswer,
        embedded::{
            outline::Outline,
            pack::{Needs, Pack},
        },
    },
    plan::{Question, Sql},
};

pub use own::Beside;

/// A statement, and how much it lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The statement.
    pub sql: Sql,
    /// Partitions that it lists.
    pub partitions: u64,
}

/// How a detection is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With the others: one statement brings the candidates of all.
    Shared,
    /// By a statement of its own.
    Own(Why),
}

/// Why a detection has a statement of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The configuration wants it for all.
    Configured,
    /// Its header wants it.
    Header,
    /// It reads every event of its window.
    EveryEvent,
    /// It reads the day of delivery.
    DeliveryDay,
}

impl Why {
    /// In words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "`scan` in `[athena]` is \"own\"",
            Self::Header => "its header says `scan = \"own\"`",
            Self::DeliveryDay => "it reads the day of delivery, which candidates do not tell",
            Self::EveryEvent => "it reads every event of its window, which are not brought here one by one",
        }
    }
}

/// How one detection can be asked.
#[derive(Clone, Debug)]
pub struct Asking {
    /// How it is asked.
    pub way: Way,
    /// Its own statements, or why there can be none.
    pub own: Result<Vec<Asked>, NoAnswer>,
    /// What it answers.
    pub outline: Outline,
}

/// How the detections of a pack are asked.
#[derive(Clone, Debug)]
pub struct Ways {
    /// By question; `None` for one that could not be planned.
    pub asking: Vec<Option<Asking>>,
    /// The statements that bring the candidates of those that are asked together.
    pub shared: Vec<Asked>,
    /// Why too many candidates mean no answer, rather than statements of their own.
    pub no_fall_back: Option<NoAnswer>,
}

impl Ways {
    /// The questions that are asked together.
    pub fn shared_questions(&self) -> impl Iterator<Item = usize> {
        let shared =
            |asking: &Option<Asking>| asking.as_ref().is_some_and(|asking| asking.way == Way::Shared);
        self.asking.iter().enumerate().filter(move |(_, asking)| shared(asking)).map(|(number, _)| number)
    }

    /// The questions that have statements of their own, with the reason.
    pub fn own_questions(&self) -> impl Iterator<Item = (usize, Why)> {
        self.asking.iter().enumerate().filter_map(|(number, asking)| match asking.as_ref()?.way {
            Way::Own(why) => Some((number, why)),
            Way::Shared => None,
        })
    }
}

impl Athena {
    /// Decides how the questions of a pack are asked.
    #[must_use]
    pub fn ways(&self, questions: &[Question], pack: &Pack, beside: &Beside<'_>) -> Ways {
        let needs: Vec<Option<&Needs>> = pack.needs().collect();
        let asking: Vec<Option<Asking>> = questions
            .iter()
            .zip(&needs)
            .enumerate()
            .map(|(number, (question, needs))| {
                let (needs, outline) = ((*needs)?, pack.outline(number)?);
                let own = own::statements(self, question, needs, &outline, beside);
                Some(Asking { way: self.way(question, needs), own, outline })
            })
            .collect();
        let mut ways = Ways { asking, shared: Vec::new(), no_fall_back: None };
        let together: Vec<usize> = ways.shared_questions().collect();
        let reach = together.iter().map(|number| questions[*number].reach()).reduce(Window::union);
        let needs: Vec<&Needs> = together.iter().filter_map(|number| needs[*number]).collect();
        ways.shared = reach.map(|reach| self.shared(reach, &needs)).unwrap_or_default();
        ways
    }

    fn way(&self, question: &Question, needs: &Needs) -> Way {
        if self.settings.own {
            Way::Own(Why::Configured)
        } else if question.own_scan {
            Way::Own(Why::Header)
        } else if !candidates::is_selective(needs) {
            Way::Own(Why::EveryEvent)
        } else if needs.columns.iter().any(|column| column == "timestamp") {
            Way::Own(Why::DeliveryDay)
        } else {
            Way::Shared
        }
    }

    /// The statements that bring what these needs ask of a window.
    fn shared(&self, window: Window, needs: &[&Needs]) -> Vec<Asked> {
        let accounts = self.listed("projection.account.values");
        let (database, name) = (&self.table.database, &self.table.name);
        batches(window, &accounts, self.regions(), self.settings.partitions)
            .into_iter()
            .map(|batch| {
                // One more than may be: so that it is told when there are too many.
                let limit = self.settings.candidates + 1;
                let sql = candidates::statement(database, name, &batch, window, needs, limit);
                Asked { sql, partitions: batch.partitions }
            })
            .collect()
    }
}
