//! What each schedule of the configuration costs in a month, by the last full day of the window, and what the statement does that
//! learns habits from every call of a day.

use crate::{
    app::App,
    domain::{
        delivery::DeliveryDays,
        state::State,
        time::{Span, Timestamp},
    },
    engine::athena::{
        Athena,
        estimate::{Estimate, Sample, sampled},
        month::{DAYS, Reading},
    },
    plan::RunPlan,
    run::{self, Job},
};

/// What a month costs.
#[derive(Default)]
pub(super) struct Months {
    /// By the names of schedules.
    pub(super) schedules: Vec<(String, Estimate)>,
    /// The statement of each day that learns habits; `None` if no schedule needs them, or the configuration leaves it out.
    pub(super) baseline: Option<Estimate>,
}

/// The estimates; none if nothing is read.
///
/// # Errors
///
/// If the day's folders cannot be listed.
pub(super) async fn months(
    athena: &Athena,
    app: &App,
    job: &Job<'_>,
    plan: &RunPlan,
) -> Result<Months, String> {
    let Some(window) = plan.window else { return Ok(Months::default()) };
    let end = window.end().min(job.now).floor(Span::DAY);
    let day = DeliveryDays::one(end.minus(Span::DAY).day());
    let sample = athena.sample(day).await.map_err(|error| error.to_string())?;
    let mut months = Months::default();
    for name in app.config.schedules.keys() {
        // A detection that cannot be planned costs nothing.
        if let Some(reading) = reading(athena, app, name, end, job).await {
            months.schedules.push((name.clone(), reading.month(sample, athena.settings.price_per_tb)));
        }
        if months.baseline.is_none() {
            months.baseline = baseline(athena, app, (name, end, sample), job).await;
        }
    }
    Ok(months)
}

/// What the statements cost that learn habits, if a schedule needs them.
async fn baseline(
    athena: &Athena,
    app: &App,
    (name, at, sample): (&str, Timestamp, Sample),
    job: &Job<'_>,
) -> Option<Estimate> {
    let (detections, cadence) = app.schedule(name)?;
    let state = State::default();
    let scheduled = Job::scheduled(name, at, (detections, cadence), &state, job.logs, job.now);
    let (routes, _) = run::daily_statement(&app.context, athena, &scheduled).await.ok()??;
    let day = athena.estimate(routes.statements(), sample);
    Some((0..DAYS).fold(Estimate::default(), |sum, _| sum.plus(&day)))
}

/// How a schedule reads whose last run was in time.
async fn reading(athena: &Athena, app: &App, name: &str, at: Timestamp, job: &Job<'_>) -> Option<Reading> {
    let (detections, cadence) = app.schedule(name)?;
    let watermarks = detections.iter().map(|detection| (detection.id.clone(), at.minus(cadence.every)));
    let state = State { watermarks: watermarks.collect(), ..State::default() };
    let scheduled = Job::scheduled(name, at, (detections, cadence), &state, job.logs, job.now);
    let scheduled = Job { habits: job.habits.clone(), ..scheduled };
    let (plan, pack) = run::prepare(&app.context, &scheduled).await.ok()?;
    let routes =
        athena.routes(&plan.questions, &pack, &run::own_statement_inputs(&app.context, &scheduled), None);
    let days = pack.deliveries()?.days().count();
    let partitions_a_day = athena.partitions_a_day();
    let listed: u64 = routes.statements().map(|statement| statement.partitions).sum();
    Some(Reading {
        cadence,
        statements: routes.statements().count() as u64,
        passes: listed as f64 / (partitions_a_day * days).max(1) as f64,
        partitions_a_day,
        own_lists: run::lists_of_delivered(athena) + sampled(partitions_a_day * days),
    })
}
