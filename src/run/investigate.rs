//! An investigation: a run on demand whose trace also holds the events of its subject, a second pass for whoever came of it, and
//! the case that both tell.

use std::{collections::HashSet, sync::Arc};

use super::{Job, Logs, RunContext, RunError, addresses, list, once, stories};
use crate::{
    domain::{
        brief::Brief,
        case_file::{CaseFile, SubjectError},
        subject::Subject,
        time::Window,
        trace::{Trace, TraceEvent, TraceQuery},
    },
    engine::{
        embedded::{
            pack::{Pack, PackError, PackLimits},
            scan::{Progress, SinkError},
            source::Source,
            trace::Part,
        },
        ledger::Ledger,
    },
    plan::Occasion,
    story::{self, Asked, Surroundings},
};

/// What an investigation found.
#[derive(Debug)]
pub struct Investigation {
    /// The run, with the findings and the story of the case only.
    pub brief: Brief,
    /// The case.
    pub case: CaseFile,
    /// Its events.
    pub events: Vec<TraceEvent>,
}

/// Investigates a subject over the window of a job on demand.
///
/// # Errors
///
/// If the run fails. The inner result is an error if the subject leads to no events or to several principals.
pub async fn investigate(
    context: &RunContext,
    mut job: Job<'_>,
    subject: &Subject,
    progress: &Arc<Progress>,
    ledger: &mut impl Ledger,
) -> Result<Result<Investigation, SubjectError>, RunError> {
    let Occasion::OnDemand { window, .. } = job.occasion else {
        unreachable!("an investigation has a window of its own");
    };
    let (occasion, logs) = (job.occasion.clone(), job.logs);
    let limits = job.limits(context);
    let subject_of_job = subject.clone();
    job.subject = Some(&subject_of_job);
    let (outcome, mut trace) = once(context, Job { ..job }, progress, ledger).await?;
    let mut brief = outcome.brief;
    let mut asked = match story::asked(&brief.findings, &trace, subject, window) {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(error)),
    };
    match logs {
        Logs::Files(source) => {
            let read = (source, &occasion, limits);
            again(read, (subject, window), &mut asked, &mut trace, progress).await?;
        }
        #[cfg(feature = "aws")]
        Logs::Athena(_) if !asked.members.is_empty() => brief.run.notes.push(
            "the calls of whoever came of the subject are those that detections or stories select; the commands under \
             \"ask on\" read all of them"
                .to_owned(),
        ),
        #[cfg(feature = "aws")]
        Logs::Athena(_) => {}
    }
    let trusted = stories::trusted(context);
    let around = Surroundings { accounts: &context.accounts, trusted: &trusted, end: window.end() };
    let case = match story::case_file(&brief.findings, &trace, around, (subject, window), &asked) {
        Ok(case) => case,
        Err(error) => return Ok(Err(error)),
    };
    if trace.is_cut {
        brief.run.notes.push(
            "there were more calls that could link sessions than are kept, so sessions may be missing"
                .to_owned(),
        );
    }
    let found: HashSet<_> = case.story.findings.iter().cloned().collect();
    brief.findings.retain(|finding| found.contains(&finding.fingerprint));
    brief.stories = vec![case.story.clone()];
    addresses::note(context, &mut brief);
    let mut all: Vec<Option<TraceEvent>> = trace.events.into_iter().map(Some).collect();
    let events = case.events.iter().filter_map(|event| all[event.at].take()).collect();
    Ok(Ok(Investigation { brief, case, events }))
}

/// Reads the files once more: for the events of whoever came of the subject, and for who else used its keys and addresses.
async fn again(
    (source, occasion, limits): (&Source, &Occasion<'_>, PackLimits),
    (subject, window): (&Subject, Window),
    asked: &mut Asked,
    trace: &mut Trace,
    progress: &Arc<Progress>,
) -> Result<(), RunError> {
    let wanted: Vec<_> = asked.members.iter().chain(&asked.shared).cloned().collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let Occasion::OnDemand { delay, .. } = occasion else { return Ok(()) };
    let query = TraceQuery { calls: Vec::new(), wanted };
    let deliveries = crate::domain::delivery::Deliveries::of(window, *delay);
    let mut pack = Pack::of_trace(&query, window, deliveries);
    let listing = list(source, occasion, pack.deliveries()).await?;
    let traces = pack.traces();
    pack.answer(source, listing.files, &limits, progress).await?;
    let is_read = |event: &TraceEvent| subject.concerns(event) && !subject.wanted().is_empty();
    let members = asked.members.clone();
    let read = traces.read_asked(&HashSet::new(), &query, |event| {
        if is_read(event) {
            Part::None
        } else if members.iter().any(|wanted| wanted.holds(event)) {
            Part::Asked
        } else if asked.note(event) {
            Part::Seen
        } else {
            Part::None
        }
    });
    let read = read.map_err(|error| RunError::Pack(PackError::Sink(SinkError(error))))?;
    trace.left_out += read.left_out;
    trace.events.extend(read.events);
    Ok(())
}
