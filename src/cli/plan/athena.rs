//! The part of a plan that concerns Athena: how each detection is run and why, and what both ways cost.

mod schedules;

use serde_json::{Value, json};

use crate::{
    app::App,
    domain::{delivery::DeliveryDays, price},
    engine::{
        athena::{
            Athena,
            estimate::Estimate,
            route::{Route, Routes},
        },
        embedded::pack::Pack,
    },
    plan::RunPlan,
    render::{self, CostV1},
    run::{self, Job},
};

use schedules::Months;

/// How the detections of a pack are run on Athena.
pub(super) struct Reading {
    routes: Routes,
    /// The estimated cost, or why there is no estimate; `None` if nothing is read.
    estimated: Option<Result<Estimated, String>>,
    /// What a month costs, or why that is not known.
    months: Result<Months, String>,
    /// Notes: the table begins after the window, or listing its partitions takes too long.
    notes: Vec<String>,
}

/// An estimate from a sample of the partitions.
struct Estimated {
    /// How many partitions the sample has.
    listed: u64,
    /// The cost as planned.
    planned: Estimate,
    /// The cost if each detection had statements of its own.
    alone: Estimate,
}

impl Reading {
    pub(super) async fn of(athena: &Athena, app: &App, job: &Job<'_>, plan: &RunPlan, pack: &Pack) -> Self {
        let routes =
            athena.routes(&plan.questions, pack, &run::own_statement_inputs(&app.context, job), None);
        let estimated = match pack.deliveries() {
            Some(deliveries) => Some(estimated(athena, &routes, deliveries.days()).await),
            None => None,
        };
        let unread = pack.deliveries().and_then(|deliveries| athena.note_of(deliveries.window()));
        let notes = unread.into_iter().chain(athena.note_of_listing(&routes)).collect();
        let months = schedules::months(athena, app, job, plan).await;
        Self { routes, estimated, months, notes }
    }

    /// The lines about all detections together.
    pub(super) fn lines(&self, sql: bool) -> Vec<String> {
        let statements = self.routes.statements().count();
        let partitions: u64 = self.routes.statements().map(|statement| statement.partitions).sum();
        let mut lines = vec![format!("statements  {statements} on Athena, listing {partitions} partitions")];
        match &self.estimated {
            Some(Ok(Estimated { listed, planned, alone })) => {
                lines.push(format!("estimate    {}; from {listed} partitions", cost(planned)));
                let count = alone.statements;
                lines.push(format!(
                    "            {} with {count} statements if each detection had its own",
                    cost(alone)
                ));
            }
            Some(Err(reason)) => lines.push(format!("estimate    unknown: {reason}")),
            None => {}
        }
        for (name, month) in self.months.iter().flat_map(|months| &months.schedules) {
            lines.push(format!("a month     `{name}`: {}", cost(month)));
        }
        if let Some(month) = self.months.iter().find_map(|months| months.baseline.as_ref()) {
            lines.push(format!("            habits, from one statement a day: {}", cost(month)));
        }
        if let (Some(Ok(_)), Ok(_)) = (&self.estimated, &self.months) {
            lines.push(format!("            at the prices of {}, {}", price::REGION, price::AS_OF));
        }
        lines.extend(self.notes.iter().map(|note| format!("note        {note}")));
        if sql {
            lines.extend(self.routes.statements().map(|statement| format!("\n{}\n", statement.sql.text())));
        }
        lines
    }

    /// How a detection is run, and why.
    pub(super) fn line(&self, number: usize) -> Option<String> {
        let routed = self.routes.routed.get(number)?.as_ref()?;
        Some(match (routed.route, &routed.own) {
            (Route::Shared, _) => "  runs      in the shared statement".to_owned(),
            (Route::Own(why), Ok(_)) => format!("  runs      in a statement of its own: {}", why.as_str()),
            (Route::Own(why), Err(no_answer)) => {
                format!("  not run   {}: {}", why.as_str(), no_answer.reason)
            }
        })
    }

    /// The whole as JSON.
    pub(super) fn object(&self, object: &mut Value) {
        let statements =
            self.routes.statements().map(|one| json!({"partitions": one.partitions, "sql": one.sql.text()}));
        object["statements"] = statements.collect();
        if let Some(notes) = object["notes"].as_array_mut() {
            notes.extend(self.notes.iter().map(|note| json!(note)));
        }
        if let Some(Ok(Estimated { listed, planned, alone })) = &self.estimated {
            let of = |estimate: &Estimate| {
                json!({
                    "statements": estimate.statements,
                    "partitions": estimate.partitions,
                    "bytes": estimate.bytes,
                    "cost_usd": estimate.price.total_usd(),
                    "cost": CostV1::of(&estimate.price),
                })
            };
            let baseline = self.months.iter().find_map(|months| months.baseline.as_ref());
            let months = self.months.iter().flat_map(|months| &months.schedules);
            let months: serde_json::Map<_, _> =
                months.map(|(name, month)| (name.clone(), of(month))).collect();
            object["estimate"] = json!({
                "partitions_listed": listed,
                "planned": of(planned),
                "each_alone": of(alone),
                "months": months,
                "habits_month": baseline.map(of),
                "prices": {"region": price::REGION, "as_of": price::AS_OF},
            });
        }
        if let Some(questions) = object["questions"].as_array_mut() {
            for (question, routed) in questions.iter_mut().zip(&self.routes.routed) {
                let Some(routed) = routed else { continue };
                question["asked"] = match routed.route {
                    Route::Shared => json!("shared"),
                    Route::Own(_) => json!("own"),
                };
                if let Route::Own(why) = routed.route {
                    question["why"] = json!(why.as_str());
                }
                match &routed.own {
                    Ok(own) => {
                        let texts: Vec<&str> = own.iter().map(|one| one.sql.text()).collect();
                        question["own_sql"] = json!(texts);
                    }
                    Err(no_answer) => question["no_own_sql"] = json!(no_answer.reason),
                }
            }
        }
    }
}

async fn estimated(athena: &Athena, routes: &Routes, days: DeliveryDays) -> Result<Estimated, String> {
    let sample = athena.sample(days).await.map_err(|error| error.to_string())?;
    Ok(Estimated {
        listed: sample.0.prefixes,
        planned: athena.estimate(routes.statements(), sample),
        alone: athena.estimate(routes.all_own(), sample),
    })
}

fn cost(estimate: &Estimate) -> String {
    format!(
        "about {} in {} partitions, {}",
        indicatif::DecimalBytes(estimate.bytes),
        estimate.partitions,
        render::price(&estimate.price)
    )
}
