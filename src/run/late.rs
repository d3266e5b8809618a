//! Detections that count are evaluated again over the buckets that late events fall into, so that the runs of a schedule
//! together report what one run over everything would.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{RunContext, RunError, list};
use crate::{
    domain::{
        delivery::Deliveries,
        list::first_few,
        time::{Span, Timestamp, Window},
    },
    engine::{
        Answer,
        embedded::{
            pack::{Pack, Surroundings},
            scan::{Progress, Stats},
            source::{LogFile, Source},
        },
    },
    plan::{Question, RunPlan},
};

/// The most event time that one detection counts again in one run.
const LIMIT: Span = Span::from_s(4 * 86_400);

/// The questions to evaluate again, and what is beyond the limit.
#[derive(Debug, Default)]
pub(super) struct Again {
    /// Each with the number of the question that it repeats.
    questions: Vec<(usize, Question)>,
    /// Notes for the reader of the brief.
    notes: Vec<String>,
}

impl Again {
    /// What late events make necessary.
    pub(super) fn of(plan: &RunPlan, stats: &Stats) -> Self {
        let mut again = Self::default();
        for (number, buckets) in &stats.late {
            let question = &plan.questions[*number];
            let (mut spans, mut left_out) = (Vec::<Window>::new(), Vec::new());
            let mut length = 0;
            // The youngest first: they are the likeliest to matter.
            for bucket in buckets.iter().rev() {
                length += bucket.span().seconds();
                match spans.last_mut() {
                    _ if length > LIMIT.seconds() => left_out.push(*bucket),
                    Some(span) if bucket.end() == span.start() => *span = span.union(*bucket),
                    _ => spans.push(*bucket),
                }
            }
            if !left_out.is_empty() {
                let starts: Vec<String> = left_out.iter().map(|bucket| bucket.start().to_string()).collect();
                again.notes.push(format!(
                    "late events fall into more than {LIMIT} of event time that {} counts by: it did not count again what \
                     begins at {}; run it on demand for that time",
                    question.detection,
                    first_few(&starts)
                ));
            }
            let delay = question.late.map_or(question.delay, |late| late.delay);
            let repeated =
                |window: &Window| Question { window: *window, late: None, delay, ..question.clone() };
            again.questions.extend(spans.iter().map(|span| (*number, repeated(span))));
        }
        if !again.questions.is_empty() {
            let detections: BTreeSet<_> =
                again.questions.iter().map(|(_, question)| question.detection.as_str()).collect();
            let one = detections.len() == 1;
            again.notes.push(format!(
                "late events fall into time that was counted before: {} detection{} counted {} again",
                detections.len(),
                if one { "" } else { "s" },
                again.spans()
            ));
        }
        again
    }

    /// The spans that are counted again, for people.
    fn spans(&self) -> String {
        let spans: BTreeSet<String> =
            self.questions.iter().map(|(_, question)| question.window.to_string()).collect();
        first_few(&spans.into_iter().collect::<Vec<_>>())
    }

    /// Evaluates them, adds their rows to the answers, and gives the notes. A detection that gives no answer now has none.
    pub(super) async fn answer(
        self,
        context: &RunContext,
        (source, now): (&Source, Timestamp),
        recent: Option<Deliveries>,
        (answers, stats): (&mut [Answer], &mut Stats),
        progress: &Arc<Progress>,
    ) -> Result<Vec<String>, RunError> {
        let Self { questions, notes } = self;
        if questions.is_empty() {
            return Ok(notes);
        }
        let (numbers, questions): (Vec<usize>, Vec<Question>) = questions.into_iter().unzip();
        let surroundings = Surroundings { accounts: &context.accounts, watchlist: &context.watchlist, now };
        let pack = Pack::plan(&context.sessions, &questions, &surroundings).await?;
        // The buckets' own files, and those that the late events came in.
        let mut files: BTreeMap<String, LogFile> = BTreeMap::new();
        for deliveries in questions.iter().map(Question::deliveries).chain(recent) {
            let listing = list(source, Some(deliveries)).await?;
            files.extend(listing.files.into_iter().map(|file| (file.path.clone(), file)));
        }
        let (repeated, read) =
            pack.answer(source, files.into_values().collect(), &context.limits, progress).await?;
        for (number, answer) in numbers.into_iter().zip(repeated) {
            add(&mut answers[number], answer);
        }
        (stats.files, stats.bytes) = (stats.files + read.files, stats.bytes + read.bytes);
        Ok(notes)
    }
}

/// Adds the rows of an answer to another; one without an answer leaves none.
fn add(answer: &mut Answer, more: Answer) {
    match (&mut *answer, more) {
        (
            Answer::Rows { rows, truncated, undecidable },
            Answer::Rows { rows: more, truncated: is_more_truncated, undecidable: more_undecidable },
        ) => {
            rows.rows.extend(more.rows);
            *truncated |= is_more_truncated;
            undecidable.extend(more_undecidable);
        }
        (Answer::Rows { .. }, unanswered) => *answer = unanswered,
        (Answer::Unanswered(_), _) => {}
    }
}
