//! Detections that count are evaluated again over the buckets that late events fall into, so that the runs of a schedule
//! together report what one run over everything would.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Job, RunContext, RunError, list};
use crate::{
    domain::{
        delivery::Deliveries,
        list::first_few,
        time::{Span, Window},
    },
    engine::{
        Answer,
        embedded::{
            pack::Pack,
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
    pub(super) questions: Vec<(usize, Question)>,
    /// The files that the late events came in.
    pub(super) recent: Option<Deliveries>,
    /// Notes for the reader of the brief.
    pub(super) notes: Vec<String>,
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
                    Some(span) if bucket.end() >= span.start() => *span = span.union(*bucket),
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
            let Some(late) = question.late else { continue };
            let (delay, since) = (late.delay, Window::new(late.delivered_from, question.window.end()));
            let recent = since.ok().map(|since| Deliveries::of(since, question.delay));
            again.recent = again.recent.into_iter().chain(recent).reduce(Deliveries::union);
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
        (source, job): (&Source, &Job<'_>),
        (answers, stats): (&mut [Answer], &mut Stats),
        progress: &Arc<Progress>,
    ) -> Result<Vec<String>, RunError> {
        let Self { questions, recent, notes } = self;
        if questions.is_empty() {
            return Ok(notes);
        }
        let (numbers, questions): (Vec<usize>, Vec<Question>) = questions.into_iter().unzip();
        let mut pack = Pack::plan(&context.sessions, &questions, &job.surroundings(context)).await?;
        // The buckets' own files, and those that the late events came in.
        let mut files: BTreeMap<String, LogFile> = BTreeMap::new();
        for deliveries in questions.iter().map(Question::deliveries).chain(recent) {
            let listing = list(source, &job.occasion, Some(deliveries)).await?;
            files.extend(listing.files.into_iter().map(|file| (file.path.clone(), file)));
        }
        let (repeated, read) =
            pack.answer(source, files.into_values().collect(), &job.limits(context), progress).await?;
        for (number, answer) in numbers.into_iter().zip(repeated) {
            add(&mut answers[number], answer);
        }
        (stats.files, stats.bytes) = (stats.files + read.files, stats.bytes + read.bytes);
        Ok(notes)
    }
}

/// Adds the rows of an answer to another; one without an answer leaves none.
pub(super) fn add(answer: &mut Answer, more: Answer) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::time::Timestamp,
        plan::{LateSpan, Sql},
    };

    fn at(hours: i64) -> Timestamp {
        "2026-03-10T00:00:00Z".parse::<Timestamp>().unwrap().plus(Span::from_s(hours * 3_600))
    }

    fn window(start: i64, end: i64) -> Window {
        Window::new(at(start), at(end)).unwrap()
    }

    /// What is counted again by a detection whose window begins at hour 1,000, for late events in these spans.
    fn again(buckets: &[Window]) -> Again {
        let late = LateSpan {
            window: window(0, 1_000),
            delivered_from: at(999),
            bucket: Span::HOUR,
            margin: Span::HOUR,
            delay: Span::from_s(7_200),
            in_time: Span::HOUR,
        };
        let question = Question {
            detection: "a.b".parse().unwrap(),
            sql: Sql::ad_hoc("SELECT 1".to_owned()),
            window: window(1_000, 1_001),
            delivered_from: None,
            returned: None,
            late: Some(late),
            delay: Span::HOUR,
            align: Span::ZERO,
            lookback: Span::ZERO,
            own_scan: false,
        };
        let plan = RunPlan { questions: vec![question], ..RunPlan::default() };
        let late = [(0, buckets.iter().copied().collect())].into();
        Again::of(&plan, &Stats { late, ..Stats::default() })
    }

    fn windows(again: &Again) -> Vec<Window> {
        again.questions.iter().map(|(_, question)| question.window).collect()
    }

    #[test]
    fn spans_that_touch_or_overlap_are_counted_as_one() {
        assert!(windows(&again(&[])).is_empty() && again(&[]).notes.is_empty());
        let found = again(&[window(10, 13), window(11, 14), window(14, 15), window(30, 33)]);
        assert_eq!(windows(&found), [window(30, 33), window(10, 15)]);
        assert!(found.questions.iter().all(|(_, question)| question.delay == Span::from_s(7_200)));
        assert_eq!(found.notes.len(), 1);
        assert_eq!(found.recent.unwrap().window().start(), at(999), "the files of the late events alone");
    }

    #[test]
    fn what_is_too_much_for_one_run_is_named() {
        let found = again(&[window(0, 60), window(100, 190)]);
        assert_eq!(windows(&found), [window(100, 190)], "the youngest");
        assert!(
            found.notes[0].contains("a.b") && found.notes[0].contains("2026-03-10T00:00:00Z"),
            "{:?}",
            found.notes
        );
    }
}
