//! Reads the table of acts from TOML, strictly: an unknown key, a hole without a path or a malformed path is an error.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::{Act, Allowed, Conditions, Effect, Path, Pattern, Template, Undo, leaves::Leaves};

/// The kinds of things that calls leave behind.
const KINDS: [&str; 15] = [
    "key", "password", "user", "role", "trust", "policy", "port", "share", "trail", "logging", "code",
    "instance", "data", "other", "session",
];

type Call = (String, String);

/// The acts of a file, each with its calls.
pub(super) fn acts(text: &'static str) -> Result<Vec<(Vec<Call>, Act)>, String> {
    let document = DeTable::parse(text).map_err(|error| error.to_string())?;
    let Some(DeValue::Array(list)) = get(document.get_ref(), "act") else { return Ok(Vec::new()) };
    list.iter()
        .map(|item| {
            let table = table(item.get_ref(), "act")?;
            act(table).map_err(|error| format!("{}: {error}", texts(table, "name").join(", ")))
        })
        .collect()
}

fn act(table: &DeTable<'_>) -> Result<(Vec<Call>, Act), String> {
    let known = ["source", "sources", "name", "calls", "names", "did", "tried", "weight", "leaves", "when"];
    only(table, &known, "an act")?;
    let calls = calls(table)?;
    let weight = match get(table, "weight") {
        Some(DeValue::Integer(number)) => number.to_string().parse::<u8>().ok(),
        _ => None,
    };
    let weight = weight.filter(|weight| (1..=5).contains(weight)).ok_or("`weight` is from 1 to 5")?;
    let holes = match get(table, "names") {
        Some(holes) => paths(self::table(holes, "names")?)?,
        None => BTreeMap::new(),
    };
    let did = templates(table, "did", &holes)?;
    if did.is_empty() {
        return Err("`did` is missing".to_owned());
    }
    let tried = templates(table, "tried", &holes)?;
    let leaves = match get(table, "leaves") {
        Some(value) => Some(leaves(self::table(value, "leaves")?, &holes)?),
        None => None,
    };
    Ok((calls, Act { when: conditions(table)?, did, tried, weight, holes, leaves }))
}

fn leaves(table: &DeTable<'_>, holes: &BTreeMap<String, Vec<Path>>) -> Result<Leaves, String> {
    only(
        table,
        &["what", "kind", "when", "each", "until", "deadline", "undone_by", "contain", "remove", "risk"],
        "`leaves`",
    )?;
    let kind = texts(table, "kind").join(" ");
    let kind = KINDS.into_iter().find(|known| *known == kind).ok_or(format!("`{kind}` is not a kind"))?;
    let what = templates(table, "what", holes)?;
    if what.is_empty() {
        return Err("`what` is missing".to_owned());
    }
    let undone_by = match get(table, "undone_by") {
        Some(DeValue::Array(list)) => list
            .iter()
            .map(|item| undo(self::table(item.get_ref(), "undone_by")?, holes))
            .collect::<Result<_, _>>()?,
        Some(_) => return Err("`undone_by` is a list".to_owned()),
        None => Vec::new(),
    };
    let (contain, remove) = (templates(table, "contain", holes)?, templates(table, "remove", holes)?);
    if contain.iter().chain(&remove).any(Template::has_quoted_hole) {
        return Err("a hole of a command stands in quotes: the program quotes".to_owned());
    }
    let each = texts(table, "each").into_iter().next();
    if let Some(hole) = each.as_ref().filter(|hole| !holes.contains_key(*hole)) {
        return Err(format!("the hole {{{hole}}} has no path"));
    }
    let (until, deadline) =
        (list_of_paths(&texts(table, "until"))?, list_of_paths(&texts(table, "deadline"))?);
    let risk = texts(table, "risk").into_iter().next();
    let risk = risk.map(|risk| &*Box::leak(risk.into_boxed_str()));
    Ok(Leaves {
        what,
        kind,
        when: conditions(table)?,
        each,
        until,
        deadline,
        undone_by,
        contain,
        remove,
        risk,
    })
}

fn undo(table: &DeTable<'_>, holes: &BTreeMap<String, Vec<Path>>) -> Result<Undo, String> {
    only(table, &["source", "name", "calls", "same", "when", "effect", "anywhere"], "`undone_by`")?;
    let mut same = Vec::new();
    if let Some(value) = get(table, "same") {
        for (path, text) in self::table(value, "same")? {
            let path = path.get_ref().parse::<Path>().map_err(|bad| bad.to_string())?;
            same.push((path, template(&one(text.get_ref())?, holes)?));
        }
    }
    let effect = match texts(table, "effect").first().map_or("gone", String::as_str) {
        "gone" => Effect::Gone,
        "paused" => Effect::Paused,
        "check" => Effect::Check,
        other => return Err(format!("`{other}` is not an effect")),
    };
    let is_anywhere = texts(table, "anywhere").first().is_some_and(|value| value == "true");
    Ok(Undo { calls: calls(table)?, same, when: conditions(table)?, effect, is_anywhere })
}

fn calls(table: &DeTable<'_>) -> Result<Vec<Call>, String> {
    let sources = [texts(table, "source"), texts(table, "sources")].concat();
    let names = [texts(table, "name"), texts(table, "calls")].concat();
    if sources.is_empty() || names.is_empty() {
        return Err("`source` and `name` are needed".to_owned());
    }
    if let Some(bad) = sources.iter().find(|source| !source.ends_with(".amazonaws.com")) {
        return Err(format!("`{bad}` is not a service such as `iam.amazonaws.com`"));
    }
    let pairs =
        sources.iter().flat_map(|source| names.iter().map(move |name| (source.clone(), name.clone())));
    Ok(pairs.collect())
}

fn conditions(table: &DeTable<'_>) -> Result<Conditions, String> {
    let Some(value) = get(table, "when") else { return Ok(Conditions::default()) };
    let mut conditions = Vec::new();
    for (path, allowed) in self::table(value, "when")? {
        let path = path.get_ref().parse::<Path>().map_err(|bad| bad.to_string())?;
        let allowed = list(allowed.get_ref())?.into_iter().map(|text| match text.as_str() {
            "-" => Allowed::Absent,
            text => Allowed::Like(Pattern::parse(text)),
        });
        conditions.push((path, allowed.collect()));
    }
    Ok(Conditions(conditions))
}

fn paths(table: &DeTable<'_>) -> Result<BTreeMap<String, Vec<Path>>, String> {
    table
        .iter()
        .map(|(name, value)| Ok((name.get_ref().to_string(), list_of_paths(&list(value.get_ref())?)?)))
        .collect()
}

fn list_of_paths(texts: &[String]) -> Result<Vec<Path>, String> {
    texts.iter().map(|path| path.parse::<Path>().map_err(|bad| bad.to_string())).collect()
}

fn templates(
    table: &DeTable<'_>,
    key: &str,
    holes: &BTreeMap<String, Vec<Path>>,
) -> Result<Vec<Template>, String> {
    texts(table, key).iter().map(|text| template(text, holes)).collect()
}

fn template(text: &str, holes: &BTreeMap<String, Vec<Path>>) -> Result<Template, String> {
    let template = Template::parse(text);
    let is_known = |hole: &&str| matches!(*hole, "account" | "region") || holes.contains_key(*hole);
    if let Some(hole) = template.holes().find(|hole| !is_known(hole)) {
        return Err(format!("the hole {{{hole}}} has no path"));
    }
    Ok(template)
}

fn get<'t>(table: &'t DeTable<'_>, key: &str) -> Option<&'t DeValue<'t>> {
    table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value.get_ref())
}

fn table<'t>(value: &'t DeValue<'_>, key: &str) -> Result<&'t DeTable<'t>, String> {
    match value {
        DeValue::Table(table) => Ok(table),
        _ => Err(format!("`{key}` is a table")),
    }
}

/// The text or texts of a key; none if it is not there or is a table.
fn texts(table: &DeTable<'_>, key: &str) -> Vec<String> {
    get(table, key).and_then(|value| list(value).ok()).unwrap_or_default()
}

fn list(value: &DeValue<'_>) -> Result<Vec<String>, String> {
    match value {
        DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
        single => Ok(vec![one(single)?]),
    }
}

fn one(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Boolean(value) => Ok(value.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        _ => Err("a text is needed".to_owned()),
    }
}

fn only(table: &DeTable<'_>, known: &[&str], of: &str) -> Result<(), String> {
    match table.keys().find(|key| !known.contains(&key.get_ref().as_ref())) {
        Some(key) => Err(format!("`{}` is not a key of {of}", key.get_ref())),
        None => Ok(()),
    }
}
