//! Many questions, one pass: plans every query, reads the files once for all of them, then answers each.
//!
//! A query's profile shows what it needs (columns, filters); its plan runs afterwards over the candidates, if there are any.
//! A query that fails stops no other. Nothing here decides windows or what a finding is.

mod answering;
mod planning;

use std::{sync::Arc, time::Instant};

use futures::{StreamExt as _, stream};
use tokio::task::JoinError;

use super::{
    needs::Needs,
    outline::Outline,
    profile::Profile,
    reach::Reach,
    reader::{ColumnSet, Limits},
    relations::{CandidateSpan, Slot, StoredCandidates},
    scan::{
        self, Progress, ScanRequest, ScanSpan, Stats,
        gate::{self, Gate},
        learner::{Lessons, NamedCalls},
        omitted::Omissions,
        store::CandidateStore,
    },
    source::{LogFile, Source},
    trace::{self, Kept, Traces},
};
use crate::{
    domain::{
        account::Accounts,
        delivery::Deliveries,
        habits::Habits,
        time::{Span, Timestamp, Window},
        trace::TraceQuery,
    },
    engine::{Answer, NoAnswer},
    plan::{LateSpan, Question},
};
use answering::Candidates;
use planning::Statement;

/// What every query of a pack may read beside events.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The relation `accounts`.
    pub accounts: &'a Accounts,
    /// The relation `watchlist`, as pairs of list and value.
    pub watchlist: &'a [(String, String)],
    /// The relation `habits`.
    pub habits: &'a Habits,
    /// What `now()` answers.
    pub now: Timestamp,
}

/// The limits of a pass and of the queries after it.
#[derive(Clone, Copy, Debug)]
pub struct PackLimits {
    /// Threads that read files, and queries that run at once.
    pub threads: usize,
    /// Candidates kept in memory, in bytes; more go to a temporary file.
    pub candidate_bytes: usize,
    /// Findings of one detection that a brief reports for the first time.
    pub rows: usize,
    /// How large a record and a file may be.
    pub reader: Limits,
    /// When a pass and the queries after it end, whether they are done or not; `None` if they may take as long as they need.
    pub deadline: Option<Instant>,
}

/// How many rows of one query are read for each finding that a brief may report: what is suppressed or was reported is found
/// as well, and does not count.
const ROWS_PER_FINDING: usize = 10;

impl PackLimits {
    /// Rows of one query that are read.
    #[must_use]
    pub fn answer_rows(&self) -> usize {
        self.rows.saturating_mul(ROWS_PER_FINDING)
    }
}

/// How far a trace reaches back: as long as a session of a role lasts at most.
const SESSION: Span = Span::from_s(12 * 3_600);

/// Columns that name an event which cannot be judged; no detection needs to read them for that.
const IDENTITY: [&str; 2] = ["eventid", "recipientaccountid"];

/// A planned pack.
#[derive(Debug)]
pub struct Pack {
    queries: Vec<Result<Query, NoAnswer>>,
    slot: Slot,
    trace: Option<Needs>,
    kept: Kept,
    learn: Lessons,
    /// What the pass reads for its trace alone, if it has no questions.
    alone: Option<(Window, Deliveries)>,
}

#[derive(Clone, Debug)]
struct Query {
    statement: Arc<Statement>,
    profile: Arc<Profile>,
    reach: Reach,
}

impl Pack {
    /// Gives the questions, in the order in which they were planned, other windows.
    pub fn ask(&mut self, questions: &[Question]) {
        for (query, question) in self.queries.iter_mut().zip(questions) {
            if let Ok(query) = query {
                query.reach = Reach::of(question);
            }
        }
    }

    /// A pass without questions, which collects a trace of this time from these files.
    #[must_use]
    pub fn of_trace(query: &TraceQuery, window: Window, deliveries: Deliveries) -> Self {
        Self {
            queries: Vec::new(),
            slot: Slot::default(),
            trace: Some(trace::needs(query)),
            kept: Kept::default(),
            learn: Lessons::default(),
            alone: Some((window, deliveries)),
        }
    }

    /// Lets the pass collect a trace as well, of the time that the questions read.
    pub fn collect(&mut self, query: &TraceQuery) {
        self.trace = Some(trace::needs(query));
    }

    /// Lets the pass learn habits as well; `query` names the calls whose names are kept though they only read.
    pub fn learn(&mut self, query: &TraceQuery) {
        self.learn.habits = Some(NamedCalls::of(query));
    }

    /// Lets the pass note the sources of all events as well.
    pub fn note_sources(&mut self) {
        self.learn.sources = true;
    }

    /// What the trace needs of a record, if the pass collects one.
    #[must_use]
    pub fn trace(&self) -> Option<&Needs> {
        self.trace.as_ref()
    }

    /// The trace, which can be read once the questions are answered.
    #[must_use]
    pub fn traces(&self) -> Traces {
        Traces { kept: self.kept.clone(), question: self.queries.len() }
    }

    /// From when on the trace holds events: some hours before what is searched, since sessions last for hours.
    fn traced_from(&self) -> Option<Timestamp> {
        let starts = self
            .queries
            .iter()
            .flatten()
            .map(|query| query.reach.delivered_from.unwrap_or(query.reach.spans[0].window.start()));
        let alone = self.alone.map(|(window, _)| window.start());
        starts.min().map(|start| start.minus(SESSION)).or(alone)
    }

    /// What each question needs of a record, in the order of the questions; `None` if it could not be planned.
    pub fn needs(&self) -> impl Iterator<Item = Option<&Needs>> {
        self.queries.iter().map(|query| query.as_ref().ok().map(|query| &query.profile.needs))
    }

    /// The span of event time that a pass must cover; `None` if no question could be planned.
    #[must_use]
    pub fn reach(&self) -> Option<Window> {
        let alone = self.alone.map(|(window, _)| window);
        self.queries.iter().flatten().map(|query| query.reach.events).chain(alone).reduce(Window::union)
    }

    /// The files that can hold what the questions read; `None` if no question could be planned.
    #[must_use]
    pub fn deliveries(&self) -> Option<Deliveries> {
        let alone = self.alone.map(|(_, deliveries)| deliveries);
        self.queries
            .iter()
            .flatten()
            .map(|query| query.reach.deliveries)
            .chain(alone)
            .reduce(Deliveries::union)
    }

    /// The events that a pass must collect; `None` if no question could be planned.
    #[must_use]
    pub fn span(&self) -> Option<ScanSpan> {
        let late = self.late().map(|(_, late)| late);
        let window = late.clone().map(|late| late.window).fold(self.reach()?, Window::union);
        let reaches = || self.queries.iter().flatten().map(|query| query.reach);
        let happened =
            reaches().filter(|reach| reach.delivered_from.is_none()).map(|reach| reach.events.start());
        let delivered =
            reaches().filter_map(|reach| reach.delivered_from).chain(late.map(|late| late.delivered_from));
        Some(ScanSpan {
            window,
            happened_from: happened
                .chain(self.alone.map(|(window, _)| window.start()))
                .min()
                .unwrap_or(window.end()),
            delivered_from: delivered.min(),
        })
    }

    /// What a question's answer looks like; `None` if it could not be planned.
    #[must_use]
    pub fn outline(&self, number: usize) -> Option<&Outline> {
        self.queries.get(number)?.as_ref().ok().map(|query| &query.profile.outline)
    }

    /// Leaves questions unanswered: those for whose number `reason` returns one.
    pub fn give_up(&mut self, reason: impl Fn(usize) -> Option<NoAnswer>) {
        for (number, query) in self.queries.iter_mut().enumerate() {
            if let Some(no_answer) = query.as_ref().ok().and_then(|_| reason(number)) {
                *query = Err(no_answer);
            }
        }
    }

    /// The pack with some of its questions, under the same numbers, and without a trace.
    #[must_use]
    pub fn with(&self, is_wanted: impl Fn(usize) -> bool) -> Self {
        let (queries, slot) = (self.queries.clone(), self.slot.clone());
        let mut some = Self {
            queries,
            slot,
            trace: None,
            kept: Kept::default(),
            learn: Lessons::default(),
            alone: None,
        };
        some.give_up(|number| (!is_wanted(number)).then(|| NoAnswer { reason: String::new(), hint: None }));
        some
    }

    /// Which events come too late for which question's window.
    fn late(&self) -> impl Iterator<Item = (usize, LateSpan)> + Clone + '_ {
        let queries = self.queries.iter().enumerate();
        queries.filter_map(|(number, query)| Some((number, query.as_ref().ok()?.reach.late?)))
    }

    fn request(&self, limits: &PackLimits, span: ScanSpan) -> ScanRequest {
        let needs = || self.queries.iter().flatten().map(|query| &query.profile.needs);
        let mut gate = Gate::new(
            self.queries
                .iter()
                .enumerate()
                .filter_map(|(number, query)| Some((number, &query.as_ref().ok()?.profile.needs)))
                .flat_map(|(number, needs)| needs.conditions.iter().map(move |one| (number, one.clone())))
                .collect(),
        );
        let traced = self.trace.iter().flat_map(|trace| trace.conditions.iter().cloned());
        traced.for_each(|condition| gate.add(self.queries.len(), condition));
        ScanRequest {
            span: Some(span),
            gate,
            trace: self.trace.as_ref().and(self.traced_from()).map(|from| (self.queries.len(), from)),
            late: self.late().collect(),
            omissions: Omissions::new(self.queries.iter().enumerate().filter_map(|(number, query)| {
                let query = query.as_ref().ok()?;
                Some((number, query.reach.events, query.profile.needs.columns.as_slice()))
            })),
            learn: self.learn.clone(),
            columns: ColumnSet::named(
                needs()
                    .chain(&self.trace)
                    .flat_map(|needs| &needs.columns)
                    .map(String::as_str)
                    .chain(IDENTITY),
            ),
            distinct: true,
            normalized: true,
            threads: limits.threads,
            limits: limits.reader,
            deadline: limits.deadline,
        }
    }

    /// Reads the files once and answers every question, in order. A pack can be answered again, over other files.
    ///
    /// # Errors
    ///
    /// If the candidates cannot be kept.
    pub async fn answer(
        &mut self,
        source: &Source,
        files: Vec<LogFile>,
        limits: &PackLimits,
        progress: &Arc<Progress>,
    ) -> Result<(Vec<Answer>, Stats), PackError> {
        let mut stats = Stats::default();
        let mut names = Vec::new();
        let store = Arc::new(CandidateStore::new(limits.candidate_bytes));
        if let Some(span) = self.span() {
            let request = self.request(limits, span);
            let (source, progress, sink) = (source.clone(), progress.clone(), store.clone());
            (stats, names) = tokio::task::spawn_blocking(move || {
                let mut stats = scan::scan(&source, &files, &request, &*sink, &progress)?;
                sink.finish(std::mem::take(&mut stats.updated))?;
                Ok::<_, scan::SinkError>((stats, files.into_iter().map(|file| file.path).collect()))
            })
            .await
            .map_err(PackError::Panicked)??;
            let whole = CandidateSpan { window: span.window, delivered_from: None };
            let spans = self.queries.iter();
            let spans =
                spans.map(|query| query.as_ref().map_or([whole; 2], |query| query.reach.spans)).collect();
            self.slot.set(StoredCandidates { store: store.clone(), spans });
        }
        if stats.unread > 0 {
            let no_answer = || Answer::Unanswered(NoAnswer::of_time(stats.unread));
            self.slot.clear();
            return Ok((self.queries.iter().map(|_| no_answer()).collect(), stats));
        }
        let names = std::mem::take(&mut stats.paths).into_list().unwrap_or(names);
        let candidates = Candidates { store: &store, names: &names };
        let mut lacking = vec![Vec::new(); self.queries.len()];
        for (number, event) in std::mem::take(&mut stats.undecidable) {
            lacking[number].push(event);
        }
        let answers = stream::iter(self.queries.clone().into_iter().zip(lacking).enumerate())
            .map(|(number, of)| (number, of, gate::is_set(&stats.wanted, number)))
            .map(|(number, (query, lacking), any)| async move {
                let mut answer = match query {
                    Ok(query) => query.answer_in_time(number, any, candidates, limits).await,
                    Err(no_answer) => Answer::Unanswered(no_answer),
                };
                if let Answer::Rows { undecidable, .. } = &mut answer {
                    undecidable.extend(lacking);
                }
                answer
            })
            .buffered(limits.threads.max(1))
            .collect()
            .await;
        self.slot.clear();
        if self.trace.is_some() {
            *self.kept.lock().expect("no thread panics while it holds the candidates") = Some(store);
        }
        Ok((answers, stats))
    }
}

/// Why a pack as a whole could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The candidates could not be kept.
    #[error(transparent)]
    Sink(#[from] scan::SinkError),
    /// The thread of the pass panicked.
    #[error("the pass over the log files failed")]
    Panicked(#[source] JoinError),
}
