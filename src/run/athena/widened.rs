//! A run that also reads what regions delivered since they were last read, where they deliver again after a silence.

use std::sync::Arc;

use super::{
    super::{Job, RunContext, returned::Regions},
    own_statement_inputs,
};
use crate::{
    domain::{
        delivery::ReturnedRegions,
        list::first_few,
        time::{Span, Timestamp},
    },
    engine::{
        athena::{Athena, estimate::Sample, route::Routes},
        embedded::pack::Pack,
    },
    plan::{Question, RunPlan},
};

/// Regions that one run reads again at most: each takes some of a statement's text.
const MOST: usize = 60;

/// What a run asks, with what regions delivered that deliver again.
pub(super) struct Widened {
    pub(super) plan: RunPlan,
    pub(super) routes: Routes,
    /// What the reader of the brief must know.
    pub(super) note: Option<String>,
}

impl Widened {
    /// What to ask: without these regions, where reading them would take more than the limits of bytes or `flood_factor` allow.
    pub(super) fn of(
        (context, athena, job): (&RunContext, &Athena, &Job<'_>),
        plan: &RunPlan,
        pack: &Pack,
        sample: Option<Sample>,
        regions: &mut Regions,
    ) -> Self {
        let inputs = own_statement_inputs(context, job);
        let routes_of = |plan: &RunPlan| athena.routes(&plan.questions, pack, &inputs, None);
        let routes = routes_of(plan);
        let before = regions.since.filter(|_| !regions.returned.is_empty());
        let Some(before) = before else { return Self { plan: plan.clone(), routes, note: None } };
        let (taken, left) = taken(regions, before);
        let named: Vec<String> = taken
            .from
            .iter()
            .map(|((account, region), from)| format!("{account} in {region} since {from}"))
            .collect();
        let named = first_few(&named);
        let oldest = taken.from.values().min().copied().unwrap_or(before);
        let widened = with(plan, &Arc::new(taken));
        let widened_routes = routes_of(&widened);
        let refused = sample.and_then(|sample| {
            let (less, more) = (
                athena.estimate(routes.statements(), sample),
                athena.estimate(widened_routes.statements(), sample),
            );
            let most_usd = less.price.total_usd() * (1 + athena.settings.flood_factor) as f64;
            match more.within(athena, job.spent_bytes) {
                Err(over) => Some(over.to_string()),
                Ok(()) if more.price.total_usd() > most_usd => Some(format!(
                    "that may cost {} times as much as the run (`flood_factor` in `[athena]`)",
                    athena.settings.flood_factor
                )),
                Ok(()) => None,
            }
        });
        if let Some(why) = refused {
            let note = format!(
                "accounts deliver again, and what they delivered meanwhile was not read ({named}): {why}; run it on demand: \
                 `trailbrief run --from {oldest} --to {before}`"
            );
            regions.held.extend(std::mem::take(&mut regions.returned).into_keys());
            return Self { plan: plan.clone(), routes, note: Some(note) };
        }
        let later = match left {
            0 => String::new(),
            many => format!("; the next runs read {many} more"),
        };
        let note = format!(
            "accounts deliver again, so what they delivered meanwhile was read as well: {named}{later}"
        );
        Self { plan: widened, routes: widened_routes, note: Some(note) }
    }
}

/// The regions that one run reads, and how many are left for the next ones. Names have minutes.
fn taken(regions: &mut Regions, before: Timestamp) -> (ReturnedRegions, usize) {
    let after = |last: Timestamp| last.floor(Span::from_s(60)).plus(Span::from_s(60));
    let from =
        regions.returned.iter().take(MOST).map(|(region, last)| (region.clone(), after(*last))).collect();
    let left: Vec<_> = regions.returned.keys().skip(MOST).cloned().collect();
    let many = left.len();
    regions.returned.retain(|region, _| !left.contains(region));
    regions.held.extend(left);
    (ReturnedRegions { from, before }, many)
}

/// The plan with these files.
fn with(plan: &RunPlan, returned: &Arc<ReturnedRegions>) -> RunPlan {
    let question = |question: &Question| Question { returned: Some(returned.clone()), ..question.clone() };
    RunPlan { questions: plan.questions.iter().map(question).collect(), ..plan.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_regions_some_are_left_to_the_next_runs() {
        let at = |minute: i64| Timestamp::from_unix_s(minute * 60 + 7);
        let region = |number: i64| (format!("{number:012}"), "eu-west-1".to_owned());
        let all = 0..MOST as i64 + 3;
        let mut regions = Regions {
            returned: all.map(|number| (region(number), at(number))).collect(),
            ..Regions::default()
        };
        let (taken, left) = taken(&mut regions, at(1_000));
        assert_eq!((taken.from.len(), left, taken.before), (MOST, 3, at(1_000)));
        assert_eq!(
            taken.from[&region(5)],
            Timestamp::from_unix_s(6 * 60),
            "the minute after the last file's"
        );
        let held: Vec<_> = regions.held.iter().cloned().collect();
        assert_eq!(held, (MOST as i64..MOST as i64 + 3).map(region).collect::<Vec<_>>());
        assert_eq!(regions.returned.len(), MOST, "what is held is not told to be read");
    }
}
