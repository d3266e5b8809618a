//! A statement that counts fails on some events among too many to bring them all: the events are found among the candidates of the
//! parts in which it fails, and Athena answers over all others.

use super::{super::RunError, again::Counting, candidates};
use crate::{
    domain::{list::first_few, undecidable::UndecidableEvent},
    engine::{
        Answer, NoAnswer,
        athena::{Brought, Invocation, Ledger, PackResult, route::Routes},
        embedded::pack::Pack,
    },
};

/// Events that one statement leaves out at most: its text is bounded.
const MOST: usize = 1_000;

impl Counting<'_> {
    /// Asks these statements again without the events that they fail on, and gives a note for each. The events are undecidable.
    pub(super) async fn without_failing<L: Ledger>(
        &self,
        routes: &Routes,
        pack: &Pack,
        invocation: &mut Invocation<'_, L>,
        executed: &mut PackResult,
    ) -> Result<Vec<String>, RunError> {
        let looks = executed.second_looks.iter();
        let failing: Vec<usize> =
            looks.filter(|(_, look)| look.brought == Brought::Failing).map(|(number, _)| *number).collect();
        let mut notes = Vec::new();
        for number in failing {
            let Some(look) = executed.second_looks.remove(&number) else { continue };
            let (source, files) = candidates(Some(&look.folder))?;
            let mut alone = pack.with(|one| one == number);
            let limits = self.job.limits(self.context);
            let (mut judged, stats) = alone.answer(&source, files, &limits, self.progress).await?;
            let answer = match judged.swap_remove(number) {
                Answer::Rows { undecidable, .. } => {
                    let many = undecidable.len();
                    notes.push(format!(
                        "a statement of its own failed because of what {many} event{} hold{}, found among {} candidates; Athena \
                         answered again over all others, which scans and costs more",
                        if many == 1 { "" } else { "s" },
                        if many == 1 { "s" } else { "" },
                        stats.candidates
                    ));
                    self.over_others(routes, (number, undecidable), invocation, executed).await?
                }
                unanswered @ Answer::Unanswered(_) => unanswered,
            };
            executed.answers.insert(number, answer);
        }
        Ok(notes)
    }

    /// The answer of a statement over all events but these, which are undecidable.
    async fn over_others<L: Ledger>(
        &self,
        routes: &Routes,
        (number, undecidable): (usize, Vec<UndecidableEvent>),
        invocation: &mut Invocation<'_, L>,
        executed: &mut PackResult,
    ) -> Result<Answer, RunError> {
        let ids: Vec<&str> =
            undecidable.iter().filter_map(|event| Some(event.event_id.as_ref()?.raw())).collect();
        let named: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        let no_answer = |why: &str| {
            let reason = match named.is_empty() {
                true => format!("it fails because of what an event holds, and {why}"),
                false => format!("it fails because of what these events hold: {}; {why}", first_few(&named)),
            };
            let hint = "use TRY_CAST or TRY(…) in its SQL where a value may have another shape".to_owned();
            Answer::Unanswered(NoAnswer { reason, hint: Some(hint) })
        };
        if ids.is_empty() || ids.len() < undecidable.len() {
            return Ok(no_answer("not all of these events were found by their ids"));
        }
        if ids.len() > MOST {
            return Ok(no_answer(&format!("these are {}, and one statement leaves out {MOST}", ids.len())));
        }
        let Some(others) = routes.without(self.athena, number, &ids) else {
            return Ok(no_answer("it cannot leave events out"));
        };
        if !self.athena.has_begun(invocation, &others)
            && let Err(why) = routes.allowance.add(self.athena, &mut executed.addition, others.statements())
        {
            return Ok(no_answer(&format!("it was not asked again over all others, because {why}")));
        }
        let rows = self.context.limits.answer_rows();
        let mut found = self.athena.execute(invocation, &others, rows).await?;
        executed.took(&mut found);
        Ok(match found.answers.remove(&number) {
            Some(Answer::Rows { rows, truncated, .. }) if !found.second_looks.contains_key(&number) => {
                Answer::Rows { rows, truncated, undecidable }
            }
            Some(Answer::Unanswered(failed)) => {
                no_answer(&format!("over all others it has no answer, either: {}", failed.reason))
            }
            _ => no_answer("over all others it has no answer, either"),
        })
    }
}
