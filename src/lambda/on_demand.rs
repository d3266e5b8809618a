//! Runs on demand: the answer is the brief as JSON; no state is kept.

use std::{sync::Arc, time::Instant};

use serde_json::{Value, json};

use super::{
    log::{Level, Log},
    request::{Notify, OnDemand},
};
use crate::{
    app::{App, TableUse, log_source},
    config::Channel,
    deliver,
    domain::time::Timestamp,
    engine::ledger::NoLedger,
    render,
    run::{self, Job},
    schedule::{Observer as _, RunOutput},
    selection::select,
    user_error::{ErrorKind, UserError},
};

/// The longest brief in an answer, in bytes: Lambda allows 6 MB for the whole answer.
const ANSWER_BYTES: usize = 5_500_000;

pub(super) async fn run(
    app: &mut App,
    request: &OnDemand,
    now: Timestamp,
    deadline: Instant,
    log: &mut Log,
) -> Result<Value, UserError> {
    let resolved = log_source::resolve(None, app, TableUse::AsItIs).await?;
    app.learn_accounts(resolved.accounts);
    let (source, mut notes) = (resolved.source, resolved.notes);
    notes.extend(app.notes());
    let (habits, note) = app.habits().await;
    notes.extend(note);
    let app = &*app;
    let channels = channels(app, &request.notify)?;
    let detections = select(app, &request.query, &request.pack)?;
    let job = Job {
        notes,
        failures: app.failures(),
        habits,
        deadline: Some(deadline),
        ..Job::on_demand(request.window, detections, source.logs(), now)
    };
    if request.dry_run {
        let (plan, _) = run::prepare(&app.context, &job).await?;
        let window = plan
            .window
            .map(|window| json!({"start": window.start().to_string(), "end": window.end().to_string()}));
        let ids: Vec<String> = plan.questions.iter().map(|question| question.detection.to_string()).collect();
        return Ok(
            json!({"outcome": "dry run", "window": window, "detections": ids, "logs": source.logs().name()}),
        );
    }
    let progress = Arc::default();
    log.follow(&progress);
    let brief = run::run(&app.context, job, &progress, &mut NoLedger).await?.brief;
    log.show(RunOutput::Brief(&brief))?;
    let message = render::message(&brief).map_err(UserError::failed)?;
    let (mut missed, sent) = (Vec::new(), !channels.is_empty());
    for channel in channels {
        let delivery = deliver::deliver(&message, channel, None).await;
        match delivery.outcome {
            Ok(receipt) => {
                log.line(Level::Info, "delivered", json!({"channel": delivery.channel, "receipt": receipt}));
            }
            Err(error) => {
                let hint = error.hint();
                let reason = UserError::failed(error).line();
                let fields = json!({"channel": delivery.channel, "reason": reason, "hint": hint});
                log.line(Level::Error, "not delivered", fields);
                missed.push(format!("{} ({reason})", delivery.channel));
            }
        }
    }
    if !missed.is_empty() {
        let error = anyhow::anyhow!("the brief was not delivered to {}", missed.join(" and "));
        return Err(
            UserError::new(ErrorKind::Delivery, error).hint("invoke the function again once that is fixed")
        );
    }
    answer(&message.json, brief.findings.len(), sent)
}

/// The answer with a brief. A brief that is too long for an answer is an error only if it was not delivered: Lambda may
/// repeat an event that fails, and the brief would be sent again.
fn answer(brief: &str, findings: usize, sent: bool) -> Result<Value, UserError> {
    if brief.len() <= ANSWER_BYTES {
        let brief: Value = serde_json::from_str(brief).map_err(UserError::failed)?;
        return Ok(json!({"outcome": "told", "brief": brief}));
    }
    if sent {
        let note = "the brief is too long for a function's answer; the channels have it";
        return Ok(json!({"outcome": "told", "note": note}));
    }
    let error = anyhow::anyhow!("the brief has {findings} findings, too many for a function's answer");
    Err(UserError::usage(error)
        .hint("choose a shorter window or fewer detections, or have it sent with `notify`"))
}

fn channels<'a>(app: &'a App, notify: &Notify) -> Result<Vec<&'a Channel>, UserError> {
    let all = &app.config.channels;
    match notify {
        Notify::Nobody => Ok(Vec::new()),
        Notify::Everybody => Ok(all.iter().collect()),
        Notify::Channels(names) => names
            .iter()
            .map(|name| {
                all.iter().find(|channel| channel.name() == name).ok_or_else(|| {
                    let known: Vec<&str> = all.iter().map(Channel::name).collect();
                    UserError::usage(anyhow::anyhow!("there is no channel `{name}`"))
                        .hint(format!("configured channels: {}", known.join(", ")))
                })
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_that_was_sent_is_never_too_long() {
        let long = format!("\"{}\"", "x".repeat(ANSWER_BYTES));
        assert_eq!(answer("{}", 0, false).unwrap(), json!({"outcome": "told", "brief": {}}));
        assert_eq!(answer(&long, 9, true).unwrap()["outcome"], "told");
        assert_eq!(answer(&long, 9, false).unwrap_err().kind(), ErrorKind::Request);
    }
}
