//! What detections that count do about late events on Athena: they are evaluated again over the buckets that these fall into.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    super::{
        Job, RunContext, RunError,
        late::{self, Again},
    },
    candidates, own_statement_inputs,
};
use crate::{
    domain::time::Window,
    engine::{
        Answer, NoAnswer,
        athena::{
            Athena, Invocation, Ledger, PackResult,
            allowance::Allowance,
            estimate::{Estimate, Sample},
            flood::FallBack,
        },
        embedded::{pack::Pack, scan::Progress},
    },
    plan::{Question, RunPlan},
};

/// Buckets that late events fall into, by question.
type Late = BTreeMap<usize, BTreeSet<Window>>;

/// Evaluates detections again over the buckets that late events fall into.
pub(super) struct Counting<'a> {
    pub(super) context: &'a RunContext,
    pub(super) athena: &'a Athena,
    pub(super) job: &'a Job<'a>,
    /// The sample of partitions that the run was estimated from, if there is one.
    pub(super) sample: Option<Sample>,
    pub(super) progress: &'a Arc<Progress>,
}

impl Counting<'_> {
    /// The buckets that late events fall into of detections that count with statements of their own, whose own answers do not
    /// show these events; a note, if they were not looked for.
    pub(super) async fn late_events<L: Ledger>(
        &self,
        plan: &RunPlan,
        pack: &Pack,
        allowance: &Allowance,
        invocation: &mut Invocation<'_, L>,
        executed: &mut PackResult,
    ) -> Result<(Late, Option<String>), RunError> {
        let Self { context, athena, job, .. } = self;
        let counts = |number: usize| {
            let is_answered = matches!(executed.answers.get(&number), Some(Answer::Rows { .. }));
            is_answered && plan.questions[number].late.is_some()
        };
        let mut pack = pack.with(counts);
        let asked: Vec<_> = plan.questions.iter().zip(pack.needs()).collect();
        let asked: Vec<_> =
            asked.into_iter().filter_map(|(question, needs)| Some((question, needs?))).collect();
        if asked.is_empty() {
            return Ok((Late::new(), None));
        }
        let routes = athena.late_events(&asked);
        let many = if asked.len() == 1 { "" } else { "s" };
        let not_looked = |why: &str| {
            format!(
                "{} detection{many} with statements of their own did not count again what was delivered late: {why}",
                asked.len()
            )
        };
        if !athena.has_begun(invocation, &routes)
            && let Err(why) = allowance.add(athena, &mut executed.addition, &routes.shared)
        {
            return Ok((Late::new(), Some(not_looked(&why))));
        }
        let mut found = athena.execute(invocation, &routes, context.limits.answer_rows()).await?;
        executed.took(&mut found);
        if found.candidates.is_none() {
            let why = match found.overflowed {
                true => format!("these are more than {} candidate events", athena.settings.candidates),
                false => "the statement that looks for it gave no answer".to_owned(),
            };
            return Ok((Late::new(), Some(not_looked(&why))));
        }
        let (source, files) = candidates(found.candidates.as_ref())?;
        let (_, stats) = pack.answer(&source, files, &job.limits(context), self.progress).await?;
        Ok((stats.late, None))
    }

    /// Adds the rows to the answers, and what it took to what was executed; gives the notes. What would cost or bring too much
    /// is not counted again, and a note says so.
    pub(super) async fn again<L: Ledger>(
        &self,
        again: Again,
        invocation: &mut Invocation<'_, L>,
        (answers, executed): (&mut [Answer], &mut PackResult),
    ) -> Result<Vec<String>, RunError> {
        let Again { questions, recent, mut notes } = again;
        if questions.is_empty() {
            return Ok(notes);
        }
        let Self { context, athena, job, .. } = self;
        let (numbers, questions): (Vec<usize>, Vec<Question>) = questions.into_iter().unzip();
        let pack = Pack::plan(&context.sessions, &questions, &job.surroundings(context)).await?;
        let mut routes = athena.routes(&questions, &pack, &own_statement_inputs(context, job), recent);
        let reason = format!("more than {} candidate events lie in it", athena.settings.candidates);
        let refused = |number| (number, NoAnswer { reason: reason.clone(), hint: None });
        routes.fall_back = FallBack { levels: 0, refused: routes.shared_questions().map(refused).collect() };
        let not_again = |reason: String| format!("the time of late events was not counted again: {reason}");
        let sample = self.sample.filter(|_| athena.is_limited());
        if let Some(sample) = sample.filter(|_| !athena.has_begun(invocation, &routes)) {
            let estimate = athena.estimate(routes.statements(), sample);
            let whole = Estimate { bytes: estimate.bytes + executed.scanned_bytes(), ..estimate };
            if let Err(over) = whole.within(athena, job.spent_bytes) {
                notes.push(not_again(over.to_string()));
                return Ok(notes);
            }
        }
        let allowance = Allowance::of(athena, routes.statements(), self.sample, job.spent_bytes);
        routes.allowance = allowance.after(executed.scanned_bytes());
        let mut repeated = athena.execute(invocation, &routes, context.limits.answer_rows()).await?;
        executed.took(&mut repeated);
        if repeated.overflowed {
            notes.push(not_again(reason));
            return Ok(notes);
        }
        notes.extend(self.without_failing(&routes, &pack, invocation, &mut repeated).await?);
        let (counted, _) = super::answers(context, job, &mut repeated, pack, self.progress).await?;
        for (number, answer) in numbers.into_iter().zip(counted) {
            late::add(&mut answers[number], answer);
        }
        Ok(notes)
    }
}
