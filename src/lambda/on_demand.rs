//! Runs on demand: the answer is the brief as JSON; nothing is remembered.

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
    selection::select,
    turn::{Front as _, Shown},
    user_error::{ErrorKind, UserError},
};

/// A function's answer has at most 6 MB; the rest of it needs room too.
const ANSWER_BYTES: usize = 5_500_000;

pub(super) async fn run(
    app: &mut App,
    asked: &OnDemand,
    now: Timestamp,
    deadline: Instant,
    log: &mut Log,
) -> Result<Value, UserError> {
    let resolved = log_source::resolve(None, app, TableUse::AsItIs).await?;
    app.learn_accounts(resolved.accounts);
    let (source, mut notes) = (resolved.source, resolved.notes);
    notes.extend(app.notes());
    let app = &*app;
    let channels = channels(app, &asked.notify)?;
    let detections = select(app, &asked.query, &asked.pack)?;
    let job = Job {
        notes,
        failures: app.failures(),
        deadline: Some(deadline),
        ..Job::on_demand(asked.window, detections, source.logs(), now)
    };
    if asked.dry_run {
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
    log.show(Shown::Brief(&brief))?;
    let letter = render::letter(&brief).map_err(UserError::failed)?;
    let (mut missed, sent) = (Vec::new(), !channels.is_empty());
    for channel in channels {
        let delivery = deliver::deliver(&letter, channel, None).await;
        match delivery.outcome {
            Ok(receipt) => {
                log.line(Level::Info, "sent", json!({"channel": delivery.channel, "receipt": receipt}));
            }
            Err(error) => {
                let hint = error.hint();
                let reason = UserError::failed(error).line();
                let told = json!({"channel": delivery.channel, "reason": reason, "hint": hint});
                log.line(Level::Error, "not sent", told);
                missed.push(format!("{} ({reason})", delivery.channel));
            }
        }
    }
    if !missed.is_empty() {
        let error = format!("the brief did not reach {}", missed.join(" and "));
        return Err(UserError::new(ErrorKind::Delivery, error).hint("ask again once that is mended"));
    }
    told(&letter.json, brief.findings.len(), sent)
}

/// The answer with a brief. One that is too long for an answer is a mistake only if nobody got it: an event that fails may
/// come again, and would be sent again.
fn told(brief: &str, findings: usize, sent: bool) -> Result<Value, UserError> {
    if brief.len() <= ANSWER_BYTES {
        let brief: Value = serde_json::from_str(brief).map_err(UserError::failed)?;
        return Ok(json!({"outcome": "told", "brief": brief}));
    }
    if sent {
        let note = "the brief is too long for a function's answer; the channels have it";
        return Ok(json!({"outcome": "told", "note": note}));
    }
    let error = format!("the brief has {findings} findings: too many for a function's answer");
    Err(UserError::usage(error)
        .hint("ask for a shorter window or fewer detections, or let it be sent with `notify`"))
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
                    UserError::usage(format!("there is no channel `{name}`"))
                        .hint(format!("configured are: {}", known.join(", ")))
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
        assert_eq!(told("{}", 0, false).unwrap(), json!({"outcome": "told", "brief": {}}));
        assert_eq!(told(&long, 9, true).unwrap()["outcome"], "told");
        assert_eq!(told(&long, 9, false).unwrap_err().kind(), ErrorKind::Request);
    }
}
