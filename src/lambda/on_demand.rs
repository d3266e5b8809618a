//! Runs on demand: the answer is the brief as JSON; nothing is remembered.

use std::{sync::Arc, time::Instant};

use serde_json::{Value, json};

use super::{
    log::{Level, Log},
    request::{Notify, OnDemand},
};
use crate::{
    app::App,
    config::Channel,
    deliver,
    domain::time::Timestamp,
    engine::ledger::NoLedger,
    pick::pick,
    place::{self, Table},
    plan::Occasion,
    refusal::{Kind, Refusal},
    render,
    run::{self, Job},
    turn::{Front as _, Shown},
};

/// A function's answer has at most 6 MB; the rest of it needs room too.
const ANSWER_BYTES: usize = 5_500_000;

pub(super) async fn run(
    app: &mut App,
    asked: &OnDemand,
    now: Timestamp,
    deadline: Instant,
    log: &mut Log,
) -> Result<Value, Refusal> {
    let (place, mut notes) = place::find(None, app, Table::AsItIs).await?;
    notes.extend(app.notes());
    let app = &*app;
    let channels = channels(app, &asked.notify)?;
    let job = Job {
        id: run::on_demand_id(now, asked.window),
        detections: pick(app, &asked.query, &asked.pack)?,
        occasion: Occasion::OnDemand(asked.window),
        schedule: None,
        logs: place.logs(),
        now,
        notes,
        failures: app.failures(),
        deadline: Some(deadline),
        spent_bytes: 0,
    };
    if asked.dry_run {
        let (plan, _) = run::prepare(&app.desk, &job).await?;
        let window = plan
            .window
            .map(|window| json!({"start": window.start().to_string(), "end": window.end().to_string()}));
        let ids: Vec<String> = plan.questions.iter().map(|question| question.detection.to_string()).collect();
        return Ok(
            json!({"outcome": "dry run", "window": window, "detections": ids, "logs": place.logs().name()}),
        );
    }
    let brief = run::run(&app.desk, job, &Arc::default(), &mut NoLedger).await?.brief;
    log.show(Shown::Brief(&brief))?;
    let letter = render::letter(&brief).map_err(Refusal::failed)?;
    let mut missed = Vec::new();
    for channel in channels {
        let delivery = deliver::deliver(&letter, channel, None).await;
        match delivery.outcome {
            Ok(receipt) => {
                log.line(Level::Info, "sent", json!({"channel": delivery.channel, "receipt": receipt}));
            }
            Err(error) => {
                let hint = error.hint();
                let reason = Refusal::failed(error).line();
                let told = json!({"channel": delivery.channel, "reason": reason, "hint": hint});
                log.line(Level::Error, "not sent", told);
                missed.push(format!("{} ({reason})", delivery.channel));
            }
        }
    }
    if !missed.is_empty() {
        let error = anyhow::anyhow!("the brief did not reach {}", missed.join(" and "));
        return Err(Refusal::new(Kind::Delivery, error).hint("ask again once that is mended"));
    }
    if letter.json.len() > ANSWER_BYTES {
        let findings = brief.findings.len();
        let error = anyhow::anyhow!("the brief has {findings} findings: too many for a function's answer");
        return Err(Refusal::usage(error)
            .hint("ask for a shorter window or fewer detections, or let it be sent with `notify`"));
    }
    let brief: Value = serde_json::from_str(&letter.json).map_err(Refusal::failed)?;
    Ok(json!({"outcome": "told", "brief": brief}))
}

fn channels<'a>(app: &'a App, notify: &Notify) -> Result<Vec<&'a Channel>, Refusal> {
    let all = &app.config.channels;
    match notify {
        Notify::Nobody => Ok(Vec::new()),
        Notify::Everybody => Ok(all.iter().collect()),
        Notify::Channels(names) => names
            .iter()
            .map(|name| {
                all.iter().find(|channel| channel.name() == name).ok_or_else(|| {
                    let known: Vec<&str> = all.iter().map(Channel::name).collect();
                    Refusal::usage(anyhow::anyhow!("there is no channel `{name}`"))
                        .hint(format!("configured are: {}", known.join(", ")))
                })
            })
            .collect(),
    }
}
