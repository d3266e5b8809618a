//! Reads a brief from its JSON, so that an archived one can be rendered again.
//!
//! What earlier programs did not write has its default; a value that is not what its key holds is an error, so that nothing
//! is lost without a word. The JSON lacks what no renderer shows, such as the SQL of detections.

mod circumstances;
mod contents;

use std::str::FromStr;

use serde_json::Value as Json;

use super::SCHEMA_VERSION;
use crate::domain::{
    brief::{Brief, Failure, Problem, RunFacts},
    price::{DECRYPT, Price, Requests},
    time::Window,
    untrusted::Untrusted,
    whereabouts::Whereabouts,
};

/// A text that is not a brief's JSON.
#[derive(Debug, thiserror::Error)]
pub enum BadBrief {
    /// It is not JSON.
    #[error("it is not JSON")]
    NotJson(#[from] serde_json::Error),
    /// A newer program wrote it.
    #[error("it has `schema_version` {0}, and this program reads {SCHEMA_VERSION}: use a newer trailbrief")]
    Newer(u64),
    /// A key is missing or holds something else.
    #[error("its key `{key}` {found}")]
    Key {
        /// The key.
        key: &'static str,
        /// What is wrong with it.
        found: String,
    },
}

type Read<T> = Result<T, BadBrief>;

/// An object of the brief; `null` and what is missing have no keys.
#[derive(Clone, Copy)]
struct Part<'a>(&'a Json);

impl<'a> Part<'a> {
    /// The value of a key, if it has one.
    fn get(self, key: &str) -> Option<&'a Json> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// What this makes of a key's object; `None` if it has none.
    fn maybe<T>(self, key: &str, of: impl Fn(Part<'a>) -> Read<T>) -> Read<Option<T>> {
        self.get(key).map(|value| of(Part(value))).transpose()
    }

    fn part(self, key: &str) -> Part<'a> {
        Part(self.0.get(key).unwrap_or(&Json::Null))
    }

    /// What this makes of a key's value; `None` if it has none.
    fn may<T>(self, key: &'static str, of: impl Fn(&'a Json) -> Option<T>) -> Read<Option<T>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let bad = || BadBrief::Key { key, found: format!("cannot be `{}`", shortened(value)) };
        of(value).map(Some).ok_or_else(bad)
    }

    /// The same where a brief makes no sense without a value.
    fn must<T>(self, key: &'static str, of: impl Fn(&'a Json) -> Option<T>) -> Read<T> {
        self.may(key, of)?.ok_or(BadBrief::Key { key, found: "is missing".to_owned() })
    }

    /// A value that is written as text, such as a time.
    fn parsed<T: FromStr>(self, key: &'static str) -> Read<T> {
        self.must(key, |value| value.as_str()?.parse().ok())
    }

    fn maybe_parsed<T: FromStr>(self, key: &'static str) -> Read<Option<T>> {
        self.may(key, |value| value.as_str()?.parse().ok())
    }

    fn maybe_text(self, key: &'static str) -> Read<Option<String>> {
        self.may(key, |value| value.as_str().map(str::to_owned))
    }

    fn text(self, key: &'static str) -> Read<String> {
        Ok(self.maybe_text(key)?.unwrap_or_default())
    }

    fn maybe_untrusted(self, key: &'static str) -> Read<Option<Untrusted>> {
        Ok(self.maybe_text(key)?.map(Untrusted::new))
    }

    fn untrusted(self, key: &'static str) -> Read<Untrusted> {
        Ok(Untrusted::new(self.text(key)?))
    }

    fn number(self, key: &'static str) -> Read<u64> {
        Ok(self.may(key, Json::as_u64)?.unwrap_or_default())
    }

    fn amount(self, key: &'static str) -> Read<f64> {
        Ok(self.may(key, Json::as_f64)?.unwrap_or_default())
    }

    fn flag(self, key: &'static str) -> Read<Option<bool>> {
        self.may(key, Json::as_bool)
    }

    /// The value that has this name in JSON.
    fn named<T: Copy>(self, key: &'static str, all: &[T], name: impl Fn(T) -> &'static str) -> Read<T> {
        self.must(key, |value| all.iter().copied().find(|it| Some(name(*it)) == value.as_str()))
    }

    fn list<T>(self, key: &'static str, of: impl Fn(Part<'a>) -> Read<T>) -> Read<Vec<T>> {
        let items = self.may(key, Json::as_array)?;
        items.into_iter().flatten().map(|item| of(Part(item))).collect()
    }

    /// A list of texts.
    fn texts<T>(self, key: &'static str, of: impl Fn(&str) -> Option<T>) -> Read<Vec<T>> {
        let bad = |item: &Json| BadBrief::Key { key, found: format!("cannot hold `{}`", shortened(item)) };
        let items = self.may(key, Json::as_array)?;
        items.into_iter().flatten().map(|item| item.as_str().and_then(&of).ok_or_else(|| bad(item))).collect()
    }

    fn strings(self, key: &'static str) -> Read<Vec<String>> {
        self.texts(key, |text| Some(text.to_owned()))
    }

    fn untrusted_list(self, key: &'static str) -> Read<Vec<Untrusted>> {
        self.texts(key, |text| Some(Untrusted::new(text)))
    }

    fn window(self) -> Read<Window> {
        let bad = |error: crate::domain::time::EmptyWindow| BadBrief::Key {
            key: "window",
            found: format!("cannot be so: {error}"),
        };
        Window::new(self.parsed("start")?, self.parsed("end")?).map_err(bad)
    }
}

/// A value in an error.
fn shortened(value: &Json) -> String {
    value.to_string().chars().take(60).collect()
}

/// The brief whose JSON this is.
pub(in crate::render) fn read(json: &str) -> Read<Brief> {
    let value: Json = serde_json::from_str(json)?;
    let brief = Part(&value);
    let version = brief.must("schema_version", Json::as_u64)?;
    if version > u64::from(SCHEMA_VERSION) {
        return Err(BadBrief::Newer(version));
    }
    let suppressions = brief.list("suppressions", circumstances::usage)?;
    Ok(Brief {
        run: run(brief.part("run"))?,
        findings: brief.list("findings", contents::finding)?,
        stories: brief.list("stories", contents::story)?,
        changes: brief.maybe("changes", circumstances::changes)?,
        roll_up: brief.maybe("roll_up", circumstances::roll_up)?,
        decisions: brief.list("decisions", circumstances::decision)?,
        suppressed: brief.list("suppressed", |it| {
            let rule = it.maybe("suppression", circumstances::suppression)?;
            let at = suppressions.iter().position(|used| Some(&used.suppression) == rule.as_ref());
            // Renderers take a number that no suppression has as one without.
            Ok((contents::finding(it)?, at.unwrap_or(suppressions.len())))
        })?,
        failures: brief.list("failures", |it| {
            Ok(Failure {
                detection: it.parsed("detection")?,
                reason: it.text("reason")?,
                hint: it.maybe_text("hint")?,
            })
        })?,
        undecidable: brief.list("undecidable", contents::undecidable)?,
        truncated: brief.list("truncated", contents::truncation)?,
        problems: brief.list("problems", |it| {
            Ok(Problem {
                file: it.text("file")?,
                reason: it.text("reason")?,
                records: it.number("records")?,
                uncounted: it.flag("uncounted")?.unwrap_or_default(),
            })
        })?,
        coverage: circumstances::coverage(brief.part("coverage"))?,
        addresses: brief
            .list("addresses", |it| {
                let (location, operator) = (it.maybe_untrusted("location")?, it.maybe_untrusted("operator")?);
                Ok((it.text("address")?, Whereabouts { location, operator }))
            })?
            .into_iter()
            .collect(),
        detections: brief
            .list("detections", contents::detection)?
            .into_iter()
            .map(|it| (it.id.clone(), it))
            .collect(),
        suppressions,
    })
}

fn run(run: Part<'_>) -> Read<RunFacts> {
    Ok(RunFacts {
        id: run.must("id", |id| id.as_str().map(str::to_owned))?,
        schedule: run.maybe_text("schedule")?,
        engine: run.named("engine", &["embedded", "athena"], |name| name)?,
        window: run.part("window").window()?,
        started: run.parsed("started")?,
        zone: run.maybe_parsed("timezone")?.unwrap_or_default(),
        source: run.text("source")?,
        files_read: run.number("files_read")?,
        events_read: run.number("events_read")?,
        events_in_window: run.number("events_in_window")?,
        candidates: run.number("candidates")?,
        duplicates_dropped: run.number("duplicates_dropped")?,
        bytes_scanned: run.number("bytes_scanned")?,
        price: price(run)?,
        notes: run.strings("notes")?,
    })
}

/// Programs that counted no requests wrote only the sum, which was Athena's.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rounded number of requests"
)]
fn price(run: Part<'_>) -> Read<Price> {
    let Some(cost) = run.get("cost").map(Part) else {
        return Ok(Price { athena_usd: run.amount("cost_usd")?, ..Price::default() });
    };
    // What KMS charges for files whose encryption is not known is written as money only.
    let more = (cost.amount("kms_usd_at_most")? - cost.amount("kms_usd")?).max(0.0);
    let requests = Requests {
        gets: cost.number("s3_gets")?,
        lists: cost.number("s3_lists")?,
        decrypts: cost.number("kms_requests")?,
        unknown: (more * DECRYPT.per as f64 / DECRYPT.usd).round() as u64,
    };
    Ok(Price { athena_usd: cost.amount("athena_usd")?, requests })
}
