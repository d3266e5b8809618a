//! `trailbrief ack` and `trailbrief suppress`: what people decide about findings and stories, kept beside the state.

use clap::{Args, Subcommand};

use super::{ConfigOption, Exit, Outcome, UserError, load, now, output, suggest};
use crate::{
    app,
    config::{Environment, Variable},
    domain::{
        decision::{Decision, Subject, Verdict},
        suppression::PLACEHOLDER,
        time::{Span, Timestamp},
        untrusted::{is_hidden, visible},
    },
    store::Store,
};

/// The longest time for which a decision counts.
const LONGEST: Span = Span::from_s(400 * 86_400);

/// The longest reason and the longest name, in characters.
const MAX_TEXT: usize = 500;

/// What the help of `ack` ends with.
const ACK_EXAMPLES: &str = "\
Examples:
  trailbrief ack 5f0c9b1e2d3a4b5c --reason 'INC-7: alice is on it' --by bob
  trailbrief ack list";

/// What the help of `suppress` ends with.
const SUPPRESS_EXAMPLES: &str = "\
Examples:
  trailbrief suppress 0f1e2d3c4b5a69788796a5b4c3d2e1f0 --reason 'nightly backup' --for 30d
  trailbrief suppress list
  trailbrief suppress suggest --last 30d";

/// Options of `ack`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = ACK_EXAMPLES)]
pub(super) struct AckOptions {
    #[command(subcommand)]
    what: Option<What>,
    /// The id of a story or the fingerprint of a finding, as the brief shows it
    #[arg(value_name = "STORY|FINDING", required = true)]
    subject: Option<String>,
    /// For how long the acknowledgement counts
    #[arg(long = "for", value_name = "SPAN", default_value = "90d")]
    length: Span,
    #[command(flatten)]
    common: Common,
}

/// Options of `suppress`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = SUPPRESS_EXAMPLES)]
pub(super) struct SuppressOptions {
    #[command(subcommand)]
    what: Option<Suppressing>,
    /// The fingerprint of a finding, as the brief shows it
    #[arg(value_name = "FINGERPRINT", required = true)]
    fingerprint: Option<String>,
    /// For how long the finding is held back, such as 30d
    #[arg(long = "for", value_name = "SPAN", required = true)]
    length: Option<Span>,
    #[command(flatten)]
    common: Common,
}

/// Options of both.
#[derive(Debug, Args)]
struct Common {
    /// Why; the next brief of each schedule shows it
    #[arg(long, value_name = "TEXT", required = true)]
    reason: Option<String>,
    /// Who decides [default: the user of this machine]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List every acknowledgement and suppression that counts
    List(ListOptions),
}

#[derive(Debug, Subcommand)]
enum Suppressing {
    /// List every acknowledgement and suppression that counts
    List(ListOptions),
    /// Suggest suppressions from the archived briefs, with the lines to paste
    Suggest(suggest::Options),
}

/// Options of `list`.
#[derive(Debug, Args)]
struct ListOptions {
    #[command(flatten)]
    config: ConfigOption,
    /// Use this time instead of the current one
    #[arg(long, value_name = "TIME", hide = true)]
    now: Option<Timestamp>,
}

/// Runs `ack`.
pub(super) async fn ack(options: AckOptions) -> Outcome {
    if let Some(What::List(options)) = options.what {
        return list(&options).await;
    }
    let text = options.subject.unwrap_or_default();
    let subject = Subject::from_text(&text).ok_or_else(|| {
        UserError::usage(anyhow::anyhow!(
            "`{}` is neither the id of a story nor the fingerprint of a finding",
            visible(&text)
        ))
        .hint(
            "a story's id has 16 hexadecimal digits, a finding's fingerprint has 32; the JSON of every brief has them, and the \
             briefs of a schedule show them in the commands to copy",
        )
    })?;
    decide((subject, Verdict::Acknowledged), options.length, options.common).await
}

/// Runs `suppress`.
pub(super) async fn suppress(options: SuppressOptions) -> Outcome {
    match options.what {
        Some(Suppressing::List(options)) => return list(&options).await,
        Some(Suppressing::Suggest(options)) => return suggest::run(&options).await,
        None => {}
    }
    let text = options.fingerprint.unwrap_or_default();
    let subject = match Subject::from_text(&text) {
        Some(subject @ Subject::Finding(_)) => subject,
        Some(Subject::Story(_)) => {
            let error = anyhow::anyhow!("`{text}` is a story, and only single findings can be suppressed");
            return Err(UserError::usage(error)
                .hint("suppress its findings, or acknowledge the story with `trailbrief ack`"));
        }
        None => {
            let error = anyhow::anyhow!("`{}` is not the fingerprint of a finding", visible(&text));
            return Err(UserError::usage(error).hint(
                "it has 32 hexadecimal digits; the JSON of every brief has it, and the briefs of a schedule show it in the \
                 command to copy. `[[suppress]]` in the configuration holds back all findings of a detection",
            ));
        }
    };
    decide((subject, Verdict::Suppressed), options.length.unwrap_or(Span::DAY), options.common).await
}

async fn decide((subject, verdict): (Subject, Verdict), length: Span, common: Common) -> Outcome {
    if length == Span::ZERO || length > LONGEST {
        let error = anyhow::anyhow!("`--for {length}` is too short or too long");
        return Err(UserError::usage(error).hint(format!("give a time of up to {LONGEST}, such as 30d")));
    }
    let made = common.now.unwrap_or_else(now);
    let decision = Decision {
        subject,
        verdict,
        reason: line("--reason", common.reason.unwrap_or_default())?,
        by: line("--by", common.by.or_else(user).unwrap_or_default())?,
        made,
        expires: made.plus(length),
    };
    let store = app::store_of(&load::configuration(&common.config)?)?;
    store.decide(&decision).await?;
    output::print(&format!("{}\n", shown(&decision)))?;
    Ok(Exit::Done)
}

/// The user of this machine.
pub(super) fn user() -> Option<String> {
    match Environment::read().user {
        Variable::Set(name) => Some(name),
        Variable::NotSet => None,
    }
}

/// A text of one line that is not empty.
fn line(option: &str, text: String) -> Result<String, UserError> {
    let text = text.trim().to_owned();
    // Briefs print the commands with `...` for what a person must fill in.
    if text.is_empty() || text == PLACEHOLDER {
        let is = if text.is_empty() { "is empty" } else { "still says `...`" };
        return Err(UserError::usage(anyhow::anyhow!("`{option}` {is}"))
            .hint("the next brief of each schedule shows who decided and why"));
    }
    if text.chars().any(is_hidden) || text.chars().count() > MAX_TEXT {
        let error = anyhow::anyhow!(
            "`{option}` has a line break or another character that cannot be seen, or more than {MAX_TEXT} characters"
        );
        return Err(UserError::usage(error).hint("write one short line"));
    }
    Ok(text)
}

async fn list(options: &ListOptions) -> Outcome {
    let now = options.now.unwrap_or_else(now);
    let store: Store = app::store_of(&load::configuration(&options.config)?)?;
    let decisions = store.decisions().await?;
    let lines: Vec<String> = decisions.iter().filter(|it| it.holds(now)).map(shown).collect();
    if lines.is_empty() {
        eprintln!("note: nothing is acknowledged or suppressed by `trailbrief ack` or `trailbrief suppress`");
        return Ok(Exit::Done);
    }
    output::print(&format!("{}\n", lines.join("\n")))?;
    Ok(Exit::Done)
}

/// A decision in one line.
fn shown(decision: &Decision) -> String {
    let Decision { subject, verdict, reason, by, made, expires } = decision;
    format!(
        "{} {} {}: by {} at {made}, until {expires}: {}",
        verdict.as_str(),
        subject.kind(),
        subject.as_str(),
        visible(by),
        visible(reason)
    )
}
