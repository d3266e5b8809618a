//! The header's keys: from TOML to values of the domain, with the places that later lints point at.

use std::collections::BTreeMap;

use super::{
    attack,
    param_value::{PARAM_TYPES, param_value},
};
use crate::{
    domain::{
        attack::Attack,
        detection::{Attempts, DetectionId, Need, Param, Status},
        severity::Severity,
        time::Span,
    },
    text::{At, Lint, Place, Report, TomlItem, TomlTable, did_you_mean},
};

/// The values of a header. Keys that are missing or wrong are noted in the report and have an empty value here.
#[derive(Debug)]
pub(crate) struct Meta {
    pub(crate) id: Option<At<DetectionId>>,
    pub(crate) title: At<String>,
    pub(crate) severity: Option<Severity>,
    pub(crate) status: At<Status>,
    pub(crate) packs: Vec<String>,
    pub(crate) attack: Vec<Attack>,
    pub(crate) cis: Vec<String>,
    pub(crate) about: Vec<At<String>>,
    pub(crate) replaces: Vec<At<DetectionId>>,
    pub(crate) attempts: At<Attempts>,
    pub(crate) says: At<String>,
    pub(crate) description: At<String>,
    pub(crate) benign: Vec<String>,
    pub(crate) steps: Vec<String>,
    pub(crate) references: Vec<String>,
    pub(crate) lookback: Option<At<Span>>,
    pub(crate) align: Span,
    pub(crate) needs: Vec<Need>,
    pub(crate) own_scan: bool,
    pub(crate) overrides: Option<At<bool>>,
    pub(crate) params: BTreeMap<String, (Place, Param)>,
}

/// Reads the header's table. `shipped` detections must carry more than a user's own.
pub(crate) fn read(table: TomlTable<'_>, shipped: bool) -> Meta {
    let report = table.report();
    let whole = table.place();
    let or_need = |key| if shipped { table.need(key) } else { table.take(key) };
    let list = |item: Option<TomlItem<'_>>| {
        let texts = item.and_then(|item| item.texts()).map(|texts| texts.value).unwrap_or_default();
        plain(texts)
    };
    let text = |item: Option<TomlItem<'_>>| {
        item.and_then(|item| item.text()).unwrap_or(At { value: String::new(), place: whole })
    };
    let id = table.need("id").and_then(|item| item.parsed());
    let title = text(table.need("title"));
    let severity = table.need("severity").and_then(|item| item.parsed()).map(|severity| severity.value);
    let status = or_need("status").and_then(|item| status(&item, report));
    let packs = list(table.need("packs"));
    let attack_texts = or_need("attack").and_then(|item| item.texts());
    let attack = attack_texts
        .map(|texts| texts.value.iter().filter_map(|text| attack::check(text, report)).collect())
        .unwrap_or_default();
    let cis = list(table.take("cis"));
    let about = table.need("about").and_then(|item| item.texts()).map(|texts| texts.value);
    let replaces = table.texts("replaces").iter().filter_map(|text| replaced(text, report)).collect();
    let attempts = table.take("attempts").and_then(|item| attempts(&item, report));
    let says = text(table.need("says"));
    let description = text(table.take("description"));
    let benign = list(or_need("benign"));
    let steps = list(or_need("steps"));
    let references = references(&table);
    let lookback = table.take("lookback").and_then(|item| positive(&item, report));
    let align = table.take("align").and_then(|item| positive(&item, report));
    let needs = table.texts("needs").iter().filter_map(|text| need(text, report)).collect();
    let own_scan = table.take("scan").is_some_and(|item| own_scan(&item, report));
    let overrides = table.take("overrides").and_then(|item| item.boolean());
    let params = table.take("params").and_then(|item| item.table()).map(|table| params(&table));
    for (key, one) in [("title", &title), ("says", &says)] {
        if one.place != whole && (one.value.trim().is_empty() || one.value.contains('\n')) {
            report.error(Lint::BadValue, one.place, format!("`{key}` needs one line of text"));
        }
    }
    table.finish();
    Meta {
        id,
        title,
        severity,
        status: status.unwrap_or(At { value: Status::Stable, place: whole }),
        packs,
        attack,
        cis,
        about: about.unwrap_or_default(),
        replaces,
        attempts: attempts.unwrap_or(At { value: Attempts::No, place: whole }),
        says,
        description,
        benign,
        steps,
        references,
        lookback,
        align: align.map_or(Span::ZERO, |align| align.value),
        needs,
        own_scan,
        overrides,
        params: params.unwrap_or_default(),
    }
}

fn plain(texts: Vec<At<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

/// A text that is one of these words.
fn one_of(item: &TomlItem<'_>, words: &[&str], report: &Report<'_>) -> Option<At<String>> {
    let text = item.text()?;
    if words.contains(&text.value.as_str()) {
        return Some(text);
    }
    report.error_with(
        Lint::BadValue,
        text.place,
        format!("`{}` cannot be `{}`: use {}", item.path(), text.value, words.join(", ")),
        did_you_mean(&text.value, words.iter().copied()),
    );
    None
}

fn status(item: &TomlItem<'_>, report: &Report<'_>) -> Option<At<Status>> {
    const ALL: [Status; 3] = [Status::Stable, Status::Experimental, Status::Deprecated];
    let word = one_of(item, &ALL.map(Status::as_str), report)?;
    let value = ALL.into_iter().find(|status| status.as_str() == word.value)?;
    Some(At { value, place: word.place })
}

fn attempts(item: &TomlItem<'_>, report: &Report<'_>) -> Option<At<Attempts>> {
    const ALL: [Attempts; 3] = [Attempts::No, Attempts::Lower, Attempts::Same];
    let word = one_of(item, &ALL.map(Attempts::as_str), report)?;
    let value = ALL.into_iter().find(|attempts| attempts.as_str() == word.value)?;
    Some(At { value, place: word.place })
}

fn replaced(text: &At<String>, report: &Report<'_>) -> Option<At<DetectionId>> {
    match text.value.parse() {
        Ok(value) => Some(At { value, place: text.place }),
        Err(error) => {
            report.error(Lint::BadValue, text.place, error.to_string());
            None
        }
    }
}

fn own_scan(item: &TomlItem<'_>, report: &Report<'_>) -> bool {
    one_of(item, &["own", "shared"], report).is_some_and(|word| word.value == "own")
}

fn positive(item: &TomlItem<'_>, report: &Report<'_>) -> Option<At<Span>> {
    let span: At<Span> = item.parsed()?;
    if span.value == Span::ZERO {
        report.error(Lint::BadValue, span.place, format!("`{}` must be longer than zero", item.path()));
        return None;
    }
    Some(span)
}

fn references(table: &TomlTable<'_>) -> Vec<String> {
    let texts = table.texts("references");
    for text in texts.iter().filter(|text| !text.value.starts_with("https://")) {
        let message = format!("reference `{}` is not an https link", text.value);
        table.report().error(Lint::BadValue, text.place, message);
    }
    plain(texts)
}

fn need(text: &At<String>, report: &Report<'_>) -> Option<Need> {
    let slug = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match text.value.split_once(':') {
        Some(("watchlist", name)) if slug(name) => Some(Need::Watchlist(name.to_owned())),
        None if text.value == "habits" => Some(Need::Habits),
        None if slug(&text.value) => Some(Need::Trail(text.value.clone())),
        _ => {
            report.error_with(
                Lint::BadValue,
                text.place,
                format!("`{}` is not something that a detection can need", text.value),
                Some("write `watchlist:NAME`, `habits`, or a word such as `s3-data-events`".to_owned()),
            );
            None
        }
    }
}

fn params(table: &TomlTable<'_>) -> BTreeMap<String, (Place, Param)> {
    let report = table.report();
    let mut params = BTreeMap::new();
    for (name, item) in table.entries() {
        if !is_param_name(&name.value) {
            let message =
                format!("`{}` is not a name for a parameter: use a-z, 0-9 and underscores", name.value);
            report.error(Lint::BadValue, name.place, message);
        }
        let Some(table) = item.table() else { continue };
        let kind = table.need("type").and_then(|item| one_of(&item, &PARAM_TYPES, report));
        let default = table.need("default");
        let about = table.need("about").and_then(|item| item.text());
        table.finish();
        let (Some(kind), Some(default), Some(about)) = (kind, default, about) else { continue };
        match param_value(&default.value(), &kind.value) {
            Some(default) => {
                params.insert(name.value, (name.place, Param { default, about: about.value }));
            }
            None => default.bad(&format!("a value of type `{}`", kind.value)),
        }
    }
    params
}

fn is_param_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
