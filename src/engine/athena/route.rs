//! How each detection of a pack is answered on Athena: with the others by one shared statement, or by a statement of its own.

use std::collections::BTreeSet;

use super::{
    Athena,
    allowance::Allowance,
    batches::batches,
    candidates,
    event_times::EventTimes,
    flood::{FallBack, MOST_LEVELS, halved},
    own_statement::{self, OwnStatementInputs},
    planned_statement::PlannedStatement,
    second_look::SecondLook,
};
use crate::{
    domain::{
        cloudtrail::{COLUMNS, PARTITION_COLUMNS},
        delivery::Deliveries,
        time::{Day, Window},
    },
    engine::{
        NoAnswer,
        embedded::{
            needs::Needs,
            outline::Outline,
            pack::Pack,
            scan::condition::{Condition, Field},
        },
    },
    plan::Question,
};

/// How a detection is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// With the others: one statement selects the candidates of all of them.
    Shared,
    /// By a statement of its own.
    Own(OwnReason),
}

/// Why a detection has a statement of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnReason {
    /// The configuration asks for it, for all detections.
    Configured,
    /// Its header asks for it.
    Header,
    /// It reads every event of its window.
    EveryEvent,
    /// It reads the day of delivery.
    DeliveryDay,
}

impl OwnReason {
    /// The reason as a clause.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configured => "`scan` in `[athena]` is \"own\"",
            Self::Header => "its header says `scan = \"own\"`",
            Self::DeliveryDay => "it reads the day of delivery, which candidates do not have",
            Self::EveryEvent => "it reads every event of its window, and not all events are downloaded",
        }
    }
}

/// How one detection is answered.
#[derive(Clone, Debug)]
pub struct RoutedQuestion {
    /// The chosen route.
    pub route: Route,
    /// Its own statements, or why there can be none.
    pub own: Result<Vec<PlannedStatement>, NoAnswer>,
    /// What is read if a statement of its own fails because of what an event holds.
    pub second_look: SecondLook,
    /// Its own statement in a form that can be split, to find the events that it fails on, if it compares or counts events.
    pub probe: Option<PlannedStatement>,
    /// What it answers.
    pub outline: Outline,
}

/// How the detections of a pack are answered.
#[derive(Clone, Debug)]
pub struct Routes {
    /// By question; `None` for one that could not be planned.
    pub routed: Vec<Option<RoutedQuestion>>,
    /// The statements that select the candidates of the detections with the shared route.
    pub shared: Vec<PlannedStatement>,
    /// What may be asked if there are too many candidates.
    pub fall_back: FallBack,
    /// What may be asked in addition, by its price.
    pub allowance: Allowance,
}

impl Routes {
    /// Whether a question has the shared route.
    #[must_use]
    pub fn is_shared(&self, number: usize) -> bool {
        self.routed.get(number).and_then(Option::as_ref).is_some_and(|routed| routed.route == Route::Shared)
    }

    /// The questions with the shared route.
    pub fn shared_questions(&self) -> impl Iterator<Item = usize> {
        (0..self.routed.len()).filter(|number| self.is_shared(*number))
    }

    /// The questions that have statements of their own, with the reason.
    pub fn own_questions(&self) -> impl Iterator<Item = (usize, OwnReason)> {
        self.routed.iter().enumerate().filter_map(|(number, routed)| match routed.as_ref()?.route {
            Route::Own(why) => Some((number, why)),
            Route::Shared => None,
        })
    }

    /// The routes that ask one question alone, by its own statement over all events but these; `None` if it has none that can leave
    /// events out.
    #[must_use]
    pub fn without(&self, athena: &Athena, number: usize, ids: &[&str]) -> Option<Self> {
        let known = self.routed.get(number)?.as_ref()?;
        let own = own_statement::without(athena, known.probe.as_ref()?, ids)?;
        // As it was planned: it is not split.
        let own = PlannedStatement { batch: None, time: None, ..own };
        let route = Route::Own(OwnReason::EveryEvent);
        let asked = RoutedQuestion { route, own: Ok(vec![own]), probe: None, ..known.clone() };
        let routed = (0..self.routed.len()).map(|at| (at == number).then(|| asked.clone())).collect();
        let fall_back = FallBack::default();
        Some(Self { routed, shared: Vec::new(), fall_back, allowance: self.allowance.clone() })
    }
}

impl Athena {
    /// Decides how each question of a pack is answered. The statements that select candidates read the files of `also`, too, and
    /// so do those of their own that count.
    #[must_use]
    pub fn routes(
        &self,
        questions: &[Question],
        pack: &Pack,
        inputs: &OwnStatementInputs<'_>,
        also: Option<Deliveries>,
    ) -> Routes {
        let needs: Vec<Option<&Needs>> = pack.needs().collect();
        let routed: Vec<Option<RoutedQuestion>> = questions
            .iter()
            .zip(&needs)
            .enumerate()
            .map(|(number, (question, needs))| {
                let (needs, outline) = ((*needs)?, pack.outline(number)?);
                let own = own_statement::statements(self, question, needs, outline, inputs, also);
                let second_look = SecondLook::of(question, self.of_this_table(needs), also);
                let statements = own.as_deref().unwrap_or_default();
                let probe = own_statement::probe(self, question, outline, statements, also);
                let route = self.route(question, needs);
                Some(RoutedQuestion { route, own, second_look, probe, outline: outline.clone() })
            })
            .collect();
        let mut routes = Routes {
            routed,
            shared: Vec::new(),
            fall_back: FallBack::default(),
            allowance: Allowance::default(),
        };
        let shared: Vec<usize> = routes.shared_questions().collect();
        if shared.is_empty() {
            return routes;
        }
        let asked = || shared.iter().map(|number| &questions[*number]);
        let days = asked().map(Question::deliveries).chain(also).flat_map(|of| of.days().iter());
        let needs: Vec<&Needs> = shared.iter().filter_map(|number| needs[*number]).collect();
        let trace = pack.trace().map(|trace| of_texts(self.of_this_table(trace)));
        let needs = (needs.as_slice(), trace.as_ref());
        routes.shared = self.shared(&EventTimes::of(asked()), days.collect(), needs);
        routes
    }

    /// The routes that ask one question alone, by statements of its own that may be split by partitions and time: who asks it takes
    /// the answers over parts together.
    #[must_use]
    pub fn parts_of(&self, question: &Question, pack: &Pack, inputs: &OwnStatementInputs<'_>) -> Routes {
        let needs = pack.needs().next().flatten();
        let routed = needs.zip(pack.outline(0)).map(|(needs, outline)| {
            let outline = Outline { by_event: true, ..outline.clone() };
            let own = own_statement::statements(self, question, needs, &outline, inputs, None);
            let second_look = SecondLook::of(question, self.of_this_table(needs), None);
            RoutedQuestion {
                route: Route::Own(OwnReason::EveryEvent),
                own,
                second_look,
                probe: None,
                outline,
            }
        });
        let (fall_back, allowance) = (FallBack::default(), Allowance::default());
        Routes { routed: vec![routed], shared: Vec::new(), fall_back, allowance }
    }

    fn route(&self, question: &Question, needs: &Needs) -> Route {
        if self.settings.own {
            Route::Own(OwnReason::Configured)
        } else if question.own_scan {
            Route::Own(OwnReason::Header)
        } else if !candidates::is_selective(needs) {
            Route::Own(OwnReason::EveryEvent)
        } else if needs.columns.iter().any(|column| column == "timestamp") {
            Route::Own(OwnReason::DeliveryDay)
        } else {
            Route::Shared
        }
    }

    /// The same without the columns that an older table lacks.
    pub(super) fn of_this_table(&self, needs: &Needs) -> Needs {
        let known = |column: &str| self.table.columns.iter().any(|known| known.name == column);
        let has = |column: &&String| PARTITION_COLUMNS.contains(&column.as_str()) || known(column);
        let columns = needs.columns.iter().filter(has).cloned().collect();
        Needs { columns, conditions: needs.conditions.clone() }
    }

    /// The statements that select the events of these times for these needs. Where there are too many events, the trace is left
    /// out: the parts of a statement select what detections need.
    fn shared(
        &self,
        times: &EventTimes,
        days: BTreeSet<Day>,
        (needs, trace): (&[&Needs], Option<&Needs>),
    ) -> Vec<PlannedStatement> {
        let whole: Vec<&Needs> = needs.iter().copied().chain(trace).collect();
        let accounts = self.listed("projection.account.values");
        let returned = self.returned_of(times, &days);
        batches(days, &accounts, self.regions(), self.settings.partitions)
            .into_iter()
            .chain(returned)
            .map(|batch| {
                // One above the limit, to notice when there are too many.
                let limit = self.settings.candidates + 1;
                let statement = |within: Option<Window>| PlannedStatement {
                    sql: candidates::statement(
                        &self.table,
                        &batch,
                        (times, within),
                        if within.is_some() { needs } else { &whole },
                        limit,
                    ),
                    partitions: batch.partitions,
                    batch: Some(batch.clone()),
                    time: None,
                    halves: Vec::new(),
                };
                halved(times.whole(), MOST_LEVELS, &statement, None)
            })
            .collect()
    }
}

/// What a trace needs of the texts of a table: `resources` is a list of structs there.
fn of_texts(trace: Needs) -> Needs {
    let is_text = |condition: &Condition| !matches!(condition, Condition::Is(Field::Top(at), _) if COLUMNS[*at].name == "resources");
    Needs { conditions: trace.conditions.into_iter().filter(is_text).collect(), ..trace }
}
