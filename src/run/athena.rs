//! Reading through Athena: its statements bring the candidates, the embedded engine answers over them; a detection with a
//! statement of its own is answered by Athena.

use std::{collections::BTreeMap, sync::Arc};

use super::{Read, RunContext, RunError, Scan};
use crate::{
    domain::{brief::Coverage, detection::DetectionId},
    engine::{
        NoAnswer,
        athena::{
            Athena, ExecuteError, Invocation, Ledger, PackResult,
            route::{OwnStatementInputs, Routes},
        },
        embedded::{
            pack::Pack,
            scan::Progress,
            source::{Source, walk::walk},
        },
    },
    plan::Question,
};

/// What the statements of a run are bound to.
#[must_use]
pub fn own_statement_inputs(context: &RunContext) -> OwnStatementInputs<'_> {
    OwnStatementInputs {
        accounts: &context.accounts,
        watchlist: &context.watchlist,
        rows: context.limits.rows,
    }
}

pub(super) async fn read<L: Ledger>(
    context: &RunContext,
    athena: &Athena,
    invocation: &mut Invocation<'_, L>,
    (questions, spent_bytes): (&[Question], u64),
    mut pack: Pack,
    progress: &Arc<Progress>,
) -> Result<Read, RunError> {
    let mut routes = athena.routes(questions, &pack, &own_statement_inputs(context));
    if let Some(reach) = pack.reach().filter(|_| athena.is_limited()) {
        let sample = athena.sample(reach).await?;
        // What was started is paid; what it may fall back to is not.
        if !athena.has_begun(invocation, &routes) {
            athena.estimate(routes.statements(), sample).within(athena, spent_bytes)?;
        }
        routes.limit_fall_back(athena, sample, spent_bytes);
    }
    let unread = pack.reach().and_then(|reach| athena.note_of(reach));
    let slow = athena.note_of_listing(&routes);
    slow.iter().for_each(|slow| progress.listener.tell(slow));
    let mut brought = athena.execute(invocation, &routes, context.limits.rows).await?;
    let mut scan = Scan { engine: "athena", bytes: 0, cost_usd: 0.0, notes: Vec::new() };
    if brought.statements > 0 {
        scan.bytes = brought.executed.iter().map(|executed| executed.scanned_bytes).sum();
        scan.cost_usd = brought.executed.iter().map(|executed| executed.cost_usd).sum();
        scan.notes = notes(athena, questions, &routes, &brought);
        scan.notes.extend(unread.into_iter().chain(slow));
    }
    // What Athena answered, or cannot, is not to be answered here.
    let answered = &brought.answers;
    pack.give_up(|number| {
        answered.contains_key(&number).then(|| NoAnswer { reason: String::new(), hint: None })
    });
    let (source, files) = match &brought.candidates {
        Some(folder) => {
            let source = Source::open(&folder.path().to_string_lossy())?;
            let files = walk(&source, None)?.files;
            (source, files)
        }
        None => (Source::Memory(std::iter::empty::<(String, Vec<u8>)>().collect()), Vec::new()),
    };
    let (mut answers, mut stats) = pack.answer(&source, files, &context.limits, progress).await?;
    for (number, answer) in std::mem::take(&mut brought.answers) {
        answers[number] = answer;
    }
    // The file of candidates is ours; it is not among the logs.
    stats.files = 0;
    let problems = std::mem::take(&mut stats.problems);
    let coverage = Coverage { events_without_time: stats.without_time, ..Coverage::default() };
    Ok(Read { answers, stats, coverage, problems, scan })
}

/// What a reader of the brief must know of how Athena was asked.
fn notes(athena: &Athena, questions: &[Question], routes: &Routes, brought: &PackResult) -> Vec<String> {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let mut notes = vec![format!(
        "Athena was asked {} statement{} over {} partitions",
        brought.statements,
        plural(usize::try_from(brought.statements).unwrap_or(0)),
        brought.partitions
    )];
    let mut alone: BTreeMap<&str, Vec<&DetectionId>> = BTreeMap::new();
    for (number, why) in routes.own_questions() {
        alone.entry(why.as_str()).or_default().push(&questions[number].detection);
    }
    for (why, detections) in alone {
        notes.push(match detections[..] {
            [one] => format!("{one} had a statement of its own: {why}"),
            _ => format!("{} detections had a statement of their own each: {why}", detections.len()),
        });
    }
    if brought.fell_back {
        let detections = routes.shared_questions().count();
        notes.push(format!(
            "there were more than {} candidate events, so {detections} detection{} had a statement of its own each, which \
             scans and costs more; raise `candidates` in `[athena]`, or narrow what brings so many",
            athena.settings.candidates,
            plural(detections)
        ));
    }
    notes
}

impl From<ExecuteError> for RunError {
    fn from(halt: ExecuteError) -> Self {
        match halt {
            ExecuteError::Refused(error) => error.into(),
            ExecuteError::Ledger(error) => error.into(),
            ExecuteError::Unfinished(statements) => Self::Unfinished { statements },
        }
    }
}
