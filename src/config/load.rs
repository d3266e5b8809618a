//! Reading the configuration file: finding it, and its tables in their order.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::{
    AccountList, Config, ConfigFile, Sourced, athena, baseline, channels, limits, pattern::is_pattern,
    schedules, sourced, state, suppress, table as table_setting, watchlists,
};
use crate::{
    domain::{
        account::{Account, AccountId, Accounts},
        detection::DetectionId,
        zone::{BadZone, Zone},
    },
    text::{
        At, Diagnostic, Level, LineMap, Lint, Place, Report, TomlItem, TomlTable, TomlValue, did_you_mean,
        in_reading_order,
    },
};

/// The name under which the configuration is looked for.
pub const FILE_NAME: &str = "trailbrief.toml";

/// What messages call a configuration that an environment variable holds.
const TEXT_NAME: &str = "TRAILBRIEF_CONFIG_TEXT";

/// Reads the configuration: the file that is named, else `trailbrief.toml` in `cwd`, else the defaults.
///
/// # Errors
///
/// Everything that is wrong with the file, in its order.
pub fn load(path: Option<&Path>, cwd: &Path) -> Result<Config, Vec<Diagnostic>> {
    let (shown, full) = match path {
        Some(path) => (path.to_owned(), cwd.join(path)),
        None if cwd.join(FILE_NAME).exists() => (PathBuf::from(FILE_NAME), cwd.join(FILE_NAME)),
        None => return parse("", ConfigFile::Absent, cwd),
    };
    match fs::read_to_string(&full) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            let base = full.parent().unwrap_or(cwd);
            parse(text, ConfigFile::Present(shown), base)
        }
        Err(error) => {
            let name = shown.display().to_string();
            let message = format!("cannot read the configuration: {error}");
            let hint = "name a file of text in UTF-8 that you may read, with `--config` or TRAILBRIEF_CONFIG";
            Err(vec![Diagnostic::error(Lint::Unreadable, &name, Place::START, message).hint(hint)])
        }
    }
}

/// Reads a configuration that an environment variable holds; relative paths in it start at `cwd`.
///
/// # Errors
///
/// Everything that is wrong with it, in its order.
pub fn load_text(text: &str, cwd: &Path) -> Result<Config, Vec<Diagnostic>> {
    parse(text, ConfigFile::Present(PathBuf::from(TEXT_NAME)), cwd)
}

/// Reads the text of a configuration; relative paths in it start at `base`.
fn parse(text: &str, file: ConfigFile, base: &Path) -> Result<Config, Vec<Diagnostic>> {
    let name = match &file {
        ConfigFile::Absent => FILE_NAME.to_owned(),
        ConfigFile::Present(path) => path.display().to_string(),
    };
    let lines = LineMap::of_file(text);
    let report = Report::new(&name, &lines);
    let tree = report.parse(Lint::BadToml);
    let config =
        tree.as_ref().map(|tree| read(TomlTable::top(tree.get_ref(), Place::START, &report), file, base));
    let problems = in_reading_order(report.into_problems());
    match config {
        Some(config) if !problems.iter().any(|problem| problem.level == Level::Error) => Ok(config),
        _ => Err(problems),
    }
}

fn read(top: TomlTable<'_>, file: ConfigFile, base: &Path) -> Config {
    let table = |key| top.take(key).and_then(|item| item.table());
    let (library_paths, disable) = library(table("library"), base);
    let (cloudtrail_table, partitions) = table_setting::read(table("table"));
    let (listed, quiet_accounts) = accounts(&top);
    let config = Config {
        file,
        library_paths,
        disable,
        schedules: schedules::read(table("schedules")),
        params: table("params").map(|table| params(&table)).unwrap_or_default(),
        watchlists: table("watchlists").map(|table| watchlists::read(&table)).unwrap_or_default(),
        accounts: listed,
        quiet_accounts,
        suppressions: top.tables("suppress").into_iter().filter_map(suppress::read).collect(),
        table: cloudtrail_table,
        partitions,
        athena: athena::read(table("athena")),
        channels: channels::read(&top),
        state: state::read(table("state"), base),
        baseline: baseline::read(table("baseline")),
        limits: limits::read(table("limits")),
        mmdb: mmdb(table("addresses"), base),
        timezone: top
            .take("timezone")
            .and_then(|item| timezone(&item))
            .unwrap_or_else(|| Sourced::default(Zone::default())),
    };
    top.finish();
    config
}

/// The zone in which people read times.
fn timezone(item: &TomlItem<'_>) -> Option<Sourced<Zone>> {
    let text = item.text()?;
    match text.value.parse() {
        Ok(value) => Some(sourced(At { value, place: text.place })),
        Err(error) => {
            let hint = did_you_mean(&text.value, Zone::names());
            let error: BadZone = error;
            item.report().error_with(Lint::BadValue, text.place, error.to_string(), hint);
            None
        }
    }
}

fn library(table: Option<TomlTable<'_>>, base: &Path) -> (Vec<Sourced<PathBuf>>, Vec<Sourced<String>>) {
    let Some(table) = table else { return Default::default() };
    let paths = paths(&table, "paths", base);
    let disable = table.texts("disable").into_iter();
    let disable = disable.filter(|pattern| is_pattern(pattern, table.report())).map(sourced).collect();
    table.finish();
    (paths, disable)
}

/// The paths in a list, which start at `base`.
fn paths(table: &TomlTable<'_>, key: &'static str, base: &Path) -> Vec<Sourced<PathBuf>> {
    let full = |path: At<String>| sourced(At { value: base.join(path.value), place: path.place });
    table.texts(key).into_iter().map(full).collect()
}

/// The databases that know where addresses are.
fn mmdb(table: Option<TomlTable<'_>>, base: &Path) -> Vec<Sourced<PathBuf>> {
    let Some(table) = table else { return Vec::new() };
    let mmdb = paths(&table, "mmdb", base);
    table.finish();
    mmdb
}

type Params = BTreeMap<String, Sourced<BTreeMap<String, Sourced<TomlValue>>>>;

fn params(table: &TomlTable<'_>) -> Params {
    let mut params = Params::new();
    for (id, item) in table.entries() {
        if let Err(error) = id.value.parse::<DetectionId>() {
            let hint = Some("quote the id: `[params.\"iam.root-console-login\"]`".to_owned());
            table.report().error_with(Lint::BadValue, id.place, error.to_string(), hint);
            continue;
        }
        let Some(values) = item.table() else { continue };
        let values = values.entries().into_iter().map(|(name, item)| {
            let place = item.place();
            (name.value, sourced(At { value: item.value(), place }))
        });
        params.insert(id.value, sourced(At { value: values.collect(), place: id.place }));
    }
    params
}

/// The listed accounts, and those of them whose silence is normal.
fn accounts(top: &TomlTable<'_>) -> (AccountList, BTreeSet<AccountId>) {
    let tables = top.tables("accounts");
    if tables.is_empty() {
        return (AccountList::NotConfigured, BTreeSet::new());
    }
    let mut found: Vec<Account> = Vec::new();
    let (mut ids, mut quiet) = (BTreeSet::new(), BTreeSet::new());
    for table in tables {
        let id = table.need("id").and_then(|item| item.parsed::<AccountId>());
        let name = table.need("name").and_then(|item| item.text());
        let text = |key| table.take(key).and_then(|item| item.text()).map(|text: At<String>| text.value);
        let (email, ou, state) = (text("email"), text("ou"), text("state"));
        let is_quiet = table.take("quiet").and_then(|item| item.boolean()).is_some_and(|quiet| quiet.value);
        let report = table.report();
        table.finish();
        let (Some(id), Some(name)) = (id, name) else { continue };
        if is_quiet {
            quiet.insert(id.value.clone());
        }
        if !ids.insert(id.value.clone()) {
            report.error(Lint::BadValue, id.place, format!("account {} is listed twice", id.value));
        }
        found.push(Account {
            id: id.value,
            name: name.value,
            email: email.unwrap_or_default(),
            ou: ou.unwrap_or_default(),
            state: state.unwrap_or_else(|| "ACTIVE".to_owned()),
        });
    }
    (AccountList::Listed(found.into_iter().collect::<Accounts>()), quiet)
}
