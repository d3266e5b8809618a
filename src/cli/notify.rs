//! Briefs on their way to channels: `trailbrief notify test`, and what `run` sends.

use clap::{Args, Subcommand};

use super::{ConfigOption, Exit, Outcome, Refusal, desk, output};
use crate::{app::App, config::Channel, domain::brief::Brief, refusal::Kind};

/// Options of `notify`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send a small test brief to every configured channel
    Test(ConfigOption),
}

/// What became of a brief at one channel, in words.
struct Told {
    channel: &'static str,
    outcome: Result<String, Untold>,
}

/// Why a channel did not get it, and what to do.
struct Untold {
    reason: String,
    hint: Option<String>,
}

pub(super) async fn run(options: Options) -> Outcome {
    let What::Test(config) = options.what;
    let app = desk::load(&config)?;
    let channels = every(&app)?;
    let mut failed = false;
    for told in test(&channels).await? {
        failed |= told.outcome.is_err();
        output::print(&told.to_string())?;
    }
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Every configured channel.
pub(super) fn every(app: &App) -> Result<Vec<&Channel>, Refusal> {
    if app.config.channels.is_empty() {
        let hint = match cfg!(feature = "aws") {
            true => "add `[mail]` or `[slack]` to the configuration; trailbrief.example.toml shows how",
            false => {
                "this build can send nothing: build it with `--features aws`, then add `[mail]` or `[slack]`"
            }
        };
        return Err(Refusal::usage(anyhow::anyhow!("no channel is configured")).hint(hint));
    }
    Ok(app.config.channels.iter().collect())
}

/// The channels that take a schedule's briefs.
pub(super) fn of_schedule<'a>(app: &'a App, schedule: &str) -> Vec<&'a Channel> {
    let channels: Vec<&Channel> = app.config.channels.iter().filter(|one| one.takes(schedule)).collect();
    if channels.is_empty() && !app.config.channels.is_empty() {
        eprintln!("note: no channel takes the briefs of `{schedule}`: `schedules` in `[mail]` and `[slack]`");
    }
    channels
}

/// Sends the brief of a run that is not recorded; what became of it at each channel is told on standard error.
pub(super) async fn send(brief: &Brief, channels: &[&Channel]) -> Result<(), Refusal> {
    let mut missed = Vec::new();
    for told in deliver(brief, channels).await? {
        eprintln!("{told}");
        if told.outcome.is_err() {
            missed.push(told.channel);
        }
    }
    if missed.is_empty() {
        return Ok(());
    }
    let error = anyhow::anyhow!("the brief did not reach {}; the reason stands above", missed.join(" and "));
    Err(Refusal::new(Kind::Delivery, error).hint("run it again once that is mended"))
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.outcome {
            Ok(receipt) => write!(f, "sent: {} {receipt}", self.channel),
            Err(Untold { reason, hint }) => {
                write!(f, "not sent: {}: {reason}", self.channel)?;
                hint.iter().try_for_each(|hint| write!(f, "\n  hint: {hint}"))
            }
        }
    }
}

#[cfg(feature = "aws")]
async fn test(channels: &[&Channel]) -> Result<Vec<Told>, Refusal> {
    deliver(&crate::deliver::trial(super::now()), channels).await
}

#[cfg(feature = "aws")]
async fn deliver(brief: &Brief, channels: &[&Channel]) -> Result<Vec<Told>, Refusal> {
    let message = crate::render::message(brief).map_err(Refusal::failed)?;
    let told = |delivery: crate::deliver::Delivery| Told {
        channel: delivery.channel,
        outcome: delivery.outcome.map_err(|error| {
            let hint = error.hint();
            Untold { reason: Refusal::failed(error).line(), hint }
        }),
    };
    let sent = channels.iter().map(|channel| crate::deliver::deliver(&message, channel, None));
    Ok(futures::future::join_all(sent).await.into_iter().map(told).collect())
}

// Without the feature the configuration has no channel: `config` refuses it.
#[cfg(not(feature = "aws"))]
async fn test(_: &[&Channel]) -> Result<Vec<Told>, Refusal> {
    Ok(Vec::new())
}

#[cfg(not(feature = "aws"))]
async fn deliver(_: &Brief, _: &[&Channel]) -> Result<Vec<Told>, Refusal> {
    Ok(Vec::new())
}
