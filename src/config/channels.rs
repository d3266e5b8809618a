//! `[mail]` and `[slack]`: where briefs go.
//!
//! A channel is checked as far as its text allows; `trailbrief notify test` shows whether it works. A webhook's address is
//! a secret: the file gives its location, and no message repeats a text that was given instead.

use std::{fmt, str::FromStr};

use super::{Config, MailAddress, SendRule, Sourced, send_rule, sourced};
use crate::{
    domain::{time::Span, untrusted::is_hidden},
    text::{At, Lint, Place, Report, TomlItem, TomlTable},
};

/// The most recipients of one mail: a limit of SES.
const RECIPIENTS: usize = 50;

/// The longest prefix of a subject, in characters: telephones show little more.
const PREFIX: usize = 40;

/// Where a brief goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Channel {
    /// Mail through SES.
    Mail(Box<Mail>),
    /// A Slack channel with an incoming webhook.
    Slack(Slack),
}

/// The schedules whose briefs a channel receives.
#[derive(Clone, Debug, PartialEq)]
pub enum Audience {
    /// Those of every schedule.
    Everything,
    /// Those of these schedules.
    Schedules(Sourced<Vec<String>>),
}

/// `[mail]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// `mail.from`: the sender, verified in SES.
    pub from: Sourced<MailAddress>,
    /// `mail.to`: 1 to 50 recipients.
    pub to: Sourced<Vec<MailAddress>>,
    /// `mail.reply_to`: where answers go; without one they go to the sender.
    pub reply_to: Option<Sourced<MailAddress>>,
    /// `mail.subject_prefix`: the beginning of every subject; empty by default.
    pub subject_prefix: Sourced<String>,
    /// `mail.configuration_set`: a configuration set of SES.
    pub configuration_set: Option<Sourced<String>>,
    /// `mail.region`: SES's region; without one the environment's.
    pub region: Option<Sourced<String>>,
    /// `mail.schedules`.
    pub audience: Audience,
    /// `mail.when`, `mail.severity` and `mail.pause`.
    pub rule: SendRule,
}

/// `[slack]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Slack {
    /// `slack.webhook`: where the webhook's address is kept.
    pub webhook: Sourced<SecretLocation>,
    /// `slack.schedules`.
    pub audience: Audience,
    /// `slack.when`, `slack.severity` and `slack.pause`.
    pub rule: SendRule,
}

/// Where a secret is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretLocation {
    /// `secretsmanager:NAME`: a secret of Secrets Manager, by name or ARN.
    SecretsManager(String),
    /// `ssm:/path`: a parameter of Systems Manager's parameter store, by name or ARN.
    Parameter(String),
    /// `env:VARIABLE`: an environment variable.
    Environment(String),
}

/// A text that is not the location of a secret. It does not repeat the text: that may be the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSecretLocation {
    /// It is an address, so probably the secret itself.
    #[error("this is an address, and anyone who knows a webhook's address can post to its channel")]
    Literal,
    /// It has another form.
    #[error("this is not the location of a secret")]
    Form,
}

impl Channel {
    /// Its name, as its table in the configuration: `mail` or `slack`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Slack(_) => "slack",
        }
    }

    /// The schedules whose briefs it receives.
    #[must_use]
    pub const fn audience(&self) -> &Audience {
        match self {
            Self::Mail(mail) => &mail.audience,
            Self::Slack(slack) => &slack.audience,
        }
    }

    /// Which of these briefs it receives.
    #[must_use]
    pub const fn rule(&self) -> &SendRule {
        match self {
            Self::Mail(mail) => &mail.rule,
            Self::Slack(slack) => &slack.rule,
        }
    }

    /// Whether it asks for briefs of a schedule.
    fn takes(&self, schedule: &str) -> bool {
        match self.audience() {
            Audience::Everything => true,
            Audience::Schedules(names) => names.value.iter().any(|name| name == schedule),
        }
    }
}

impl Config {
    /// The channels that receive briefs of a schedule.
    #[must_use]
    pub fn channels_of(&self, schedule: &str) -> Vec<&Channel> {
        let every = self.schedules.get(schedule).map_or(Span::ZERO, |schedule| schedule.every.value);
        let takes = |channel: &&Channel| channel.takes(schedule) && channel.rule().takes(every);
        self.channels.iter().filter(takes).collect()
    }
}

impl FromStr for SecretLocation {
    type Err = BadSecretLocation;

    fn from_str(text: &str) -> Result<Self, BadSecretLocation> {
        if text.contains("://") {
            return Err(BadSecretLocation::Literal);
        }
        let (kind, name) = text.split_once(':').ok_or(BadSecretLocation::Form)?;
        let of = |also: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
            !name.is_empty() && name.len() <= 2_048 && name.chars().all(fits)
        };
        match kind {
            "secretsmanager" if of("/_+=.@-:!") => Ok(Self::SecretsManager(name.to_owned())),
            "ssm" if of("/_.-:") => Ok(Self::Parameter(name.to_owned())),
            "env" if of("_") && !name.starts_with(|c: char| c.is_ascii_digit()) => {
                Ok(Self::Environment(name.to_owned()))
            }
            _ => Err(BadSecretLocation::Form),
        }
    }
}

impl fmt::Display for SecretLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretsManager(name) => write!(f, "secretsmanager:{name}"),
            Self::Parameter(name) => write!(f, "ssm:{name}"),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

/// Reads the tables of all channels.
pub(super) fn read(top: &TomlTable<'_>) -> Vec<Channel> {
    let table = |key| top.take(key).and_then(|item| item.table());
    let mail = table("mail")
        .filter(|table| is_built(table, "mail"))
        .and_then(mail)
        .map(|mail| Channel::Mail(Box::new(mail)));
    let slack = table("slack").filter(|table| is_built(table, "slack")).and_then(slack).map(Channel::Slack);
    mail.into_iter().chain(slack).collect()
}

/// Whether this program can send at all; notes it if not, so that no channel is left out silently.
fn is_built(table: &TomlTable<'_>, name: &str) -> bool {
    let built = cfg!(feature = "aws");
    if !built {
        let message = format!("this build cannot send to `{name}`");
        let hint = Some("build it with `--features aws`, or remove the table".to_owned());
        table.report().error_with(Lint::BadValue, table.place(), message, hint);
    }
    built
}

fn mail(table: TomlTable<'_>) -> Option<Mail> {
    let from = table.need("from").and_then(|item| item.parsed()).map(sourced);
    let to = table.need("to").and_then(|item| recipients(&item));
    let reply_to = table.take("reply_to").and_then(|item| item.parsed()).map(sourced);
    let subject_prefix = table.take("subject_prefix").and_then(|item| prefix(&item));
    let configuration_set = table.take("configuration_set").and_then(|item| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        word(&item, fits, "the name of a configuration set: letters, digits, `_` and `-`")
    });
    let region = table.take("region").and_then(|item| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        word(&item, fits, "a region such as `eu-central-1`")
    });
    let (audience, rule) = (audience(&table), send_rule::read(&table));
    table.finish();
    Some(Mail {
        from: from?,
        to: to?,
        reply_to,
        subject_prefix: subject_prefix.unwrap_or(Sourced::default(String::new())),
        configuration_set,
        region,
        audience,
        rule,
    })
}

fn recipients(item: &TomlItem<'_>) -> Option<Sourced<Vec<MailAddress>>> {
    let (place, report) = (item.place(), item.report());
    let items = item.items("an array of mail addresses")?;
    let count = items.len();
    let mut found: Vec<MailAddress> = Vec::new();
    for address in items.iter().filter_map(TomlItem::parsed::<MailAddress>) {
        if found.iter().any(|other| other.email().eq_ignore_ascii_case(address.value.email())) {
            let message = format!("{} is listed twice", address.value.email());
            report.error(Lint::BadValue, address.place, message);
        }
        found.push(address.value);
    }
    if count == 0 {
        report.error(Lint::BadValue, place, "`mail.to` is empty");
    } else if count > RECIPIENTS {
        let hint = Some("write to a mailing list instead".to_owned());
        let message = format!("`mail.to` names {count} recipients: SES accepts {RECIPIENTS} in one mail");
        report.error_with(Lint::BadValue, place, message, hint);
    }
    (!found.is_empty()).then(|| sourced(At { value: found, place }))
}

fn prefix(item: &TomlItem<'_>) -> Option<Sourced<String>> {
    let text = item.text()?;
    if text.value.chars().any(is_hidden) {
        let message = "`mail.subject_prefix` has a line break or another character that cannot be seen";
        item.report().error(Lint::BadValue, text.place, message);
    } else if text.value.chars().count() > PREFIX {
        let message = format!("`mail.subject_prefix` is longer than {PREFIX} characters");
        item.report().error(Lint::BadValue, text.place, message);
    }
    Some(sourced(text))
}

/// A text of at most 64 characters that fit.
fn word(item: &TomlItem<'_>, fits: fn(char) -> bool, expected: &str) -> Option<Sourced<String>> {
    let text = item.text()?;
    if text.value.is_empty() || text.value.len() > 64 || !text.value.chars().all(fits) {
        let message = format!("`{}` needs {expected}", item.path());
        item.report().error(Lint::BadValue, text.place, message);
        return None;
    }
    Some(sourced(text))
}

fn slack(table: TomlTable<'_>) -> Option<Slack> {
    let webhook = table.need("webhook").and_then(|item| {
        let text = item.text()?;
        match text.value.parse() {
            Ok(value) => Some(sourced(At { value, place: text.place })),
            Err(error) => {
                refuse(item.report(), text.place, error);
                None
            }
        }
    });
    let (audience, rule) = (audience(&table), send_rule::read(&table));
    table.finish();
    Some(Slack { webhook: webhook?, audience, rule })
}

fn refuse(report: &Report<'_>, place: Place, error: BadSecretLocation) {
    let hint = "keep the address out of this file and give its location: `secretsmanager:NAME`, `ssm:/path` or \
                `env:VARIABLE`";
    report.error_with(Lint::BadValue, place, format!("`slack.webhook`: {error}"), Some(hint.to_owned()));
}

fn audience(table: &TomlTable<'_>) -> Audience {
    let Some(texts) = table.take("schedules").and_then(|item| item.texts()) else {
        return Audience::Everything;
    };
    if texts.value.is_empty() {
        let hint = Some("remove it to receive the briefs of every schedule".to_owned());
        let message = "`schedules` is empty, so nothing would ever be sent";
        table.report().error_with(Lint::BadValue, texts.place, message, hint);
    }
    let value = texts.value.into_iter().map(|name| name.value).collect();
    Audience::Schedules(sourced(At { value, place: texts.place }))
}
