//! Delivery of briefs to channels: `trailbrief notify test`, and what `run` sends.

use clap::{Args, Subcommand};

use super::{ConfigOption, Exit, Outcome, UserError, load, output};
use crate::{app::App, config::Channel, domain::brief::Brief, user_error::ErrorKind};

/// Options of `notify`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send a short test brief to every configured channel
    Test(ConfigOption),
}

/// The result of sending a brief to one channel: a receipt, or why the channel did not get it.
struct Sent {
    channel: &'static str,
    outcome: Result<String, NotSent>,
}

/// Why a channel did not get a brief, and what to do.
struct NotSent {
    reason: String,
    hint: Option<String>,
}

pub(super) async fn run(options: Options) -> Outcome {
    let What::Test(config) = options.what;
    let app = load::load_to_run(&config)?;
    let channels = every(&app)?;
    let mut failed = false;
    for sent in test(&app, &channels).await? {
        failed |= sent.outcome.is_err();
        output::print(&sent.to_string())?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Every configured channel.
pub(super) fn every(app: &App) -> Result<Vec<&Channel>, UserError> {
    if app.config.channels.is_empty() {
        let hint = match cfg!(feature = "aws") {
            true => "add `[mail]` or `[slack]` to the configuration; trailbrief.example.toml shows how",
            false => {
                "this build cannot send briefs: build it with `--features aws`, then add `[mail]` or `[slack]`"
            }
        };
        return Err(UserError::usage(anyhow::anyhow!("no channel is configured")).hint(hint));
    }
    Ok(app.config.channels.iter().collect())
}

/// The channels that receive a schedule's briefs.
pub(super) fn of_schedule<'a>(app: &'a App, schedule: &str) -> Vec<&'a Channel> {
    let channels = app.config.channels_of(schedule);
    if channels.is_empty() && !app.config.channels.is_empty() {
        eprintln!(
            "note: no channel receives the briefs of `{schedule}`: see `schedules` and `when` in `[mail]` and `[slack]`"
        );
    }
    channels
}

/// Sends the brief of a run that is not recorded, and prints the result for each channel on standard error.
pub(super) async fn send(brief: &Brief, channels: &[&Channel]) -> Result<(), UserError> {
    let mut missed = Vec::new();
    for sent in deliver(brief, channels).await? {
        eprintln!("{sent}");
        if sent.outcome.is_err() {
            missed.push(sent.channel);
        }
    }
    if missed.is_empty() {
        return Ok(());
    }
    let error =
        anyhow::anyhow!("the brief was not delivered to {}; see the messages above", missed.join(" and "));
    Err(UserError::new(ErrorKind::Delivery, error).hint("correct the cause and run the command again"))
}

impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.outcome {
            Ok(receipt) => write!(f, "sent: {} {receipt}", self.channel),
            Err(NotSent { reason, hint }) => {
                write!(f, "not sent: {}: {reason}", self.channel)?;
                hint.iter().try_for_each(|hint| write!(f, "\n  hint: {hint}"))
            }
        }
    }
}

#[cfg(feature = "aws")]
async fn test(app: &App, channels: &[&Channel]) -> Result<Vec<Sent>, UserError> {
    let mut brief = crate::deliver::trial(super::now());
    brief.run.zone = app.config.timezone.value;
    deliver(&brief, channels).await
}

#[cfg(feature = "aws")]
async fn deliver(brief: &Brief, channels: &[&Channel]) -> Result<Vec<Sent>, UserError> {
    let message = crate::render::message(brief).map_err(UserError::failed)?;
    let sent = |delivery: crate::deliver::Delivery| Sent {
        channel: delivery.channel,
        outcome: delivery.outcome.map_err(|error| {
            let hint = error.hint();
            NotSent { reason: UserError::failed(error).line(), hint }
        }),
    };
    let deliveries = channels.iter().map(|channel| crate::deliver::deliver(&message, channel, None));
    Ok(futures::future::join_all(deliveries).await.into_iter().map(sent).collect())
}

// Without the feature the configuration has no channel: `config` refuses it.
#[cfg(not(feature = "aws"))]
async fn test(_: &App, _: &[&Channel]) -> Result<Vec<Sent>, UserError> {
    Ok(Vec::new())
}

#[cfg(not(feature = "aws"))]
async fn deliver(_: &Brief, _: &[&Channel]) -> Result<Vec<Sent>, UserError> {
    Ok(Vec::new())
}
