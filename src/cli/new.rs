//! `trailbrief new`: begins a detection of one's own, with its cases, from an event.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::{ConfigOption, Exit, Outcome, load, output};
use crate::{
    domain::{
        detection::{DetectionId, ParamValue},
        time::Span,
        untrusted::visible,
    },
    library::{Library, case_window, literal},
    text::did_you_mean,
    user_error::UserError,
};

/// Options of `new`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// The id of the new detection, such as iam.key-of-a-robot
    #[arg(value_name = "FAMILY.NAME")]
    id: DetectionId,
    /// The event to begin with: a base event (`trailbrief list --bases`), or a file with one JSON record
    #[arg(long, value_name = "BASE|FILE", default_value = "create-access-key")]
    base: String,
    /// The directory of your detections
    #[arg(long, value_name = "DIRECTORY", default_value = "detections")]
    dir: PathBuf,
}

pub(super) fn run(options: &Options) -> Outcome {
    let app = load::load(&options.config)?;
    if let Some(known) = app.library.get(&options.id) {
        let message = format!("there is a detection `{}` already: {}", known.id, known.origin);
        return Err(UserError::usage(anyhow::anyhow!(message)).hint("choose another name"));
    }
    let family = options.dir.join(options.id.family());
    let (base, record) = record(&app.library, &options.base)?;
    let mut files = vec![
        (family.join(format!("{}.sql", options.id.name())), detection(&options.id, &record)),
        (family.join(format!("{}.cases.toml", options.id.name())), cases(&base, &record)),
    ];
    if app.library.base(&base).is_none() {
        files.push((family.join("events").join(format!("{base}.json")), format!("{record:#}\n")));
    }
    for (path, text) in &files {
        write(path, text).map_err(UserError::usage)?;
    }
    let written: Vec<String> = files.iter().map(|(path, _)| format!("wrote {}", path.display())).collect();
    let next = format!(
        "Next: say in the header what it finds, and write its conditions and cases. Then\n  trailbrief check\n  trailbrief test --query {}\nThe configuration must name the directory: paths = [\"{}\"] in [library]",
        options.id,
        options.dir.display()
    );
    output::print(&format!("{}\n{next}", written.join("\n")))?;
    Ok(Exit::Done)
}

/// The event to begin with, and the name of its base event.
fn record(library: &Library, base: &str) -> Result<(String, Value), UserError> {
    if let Some(record) = library.base(base) {
        return Ok((base.to_owned(), record.clone()));
    }
    let path = Path::new(base);
    let looks_like_file = path.extension().is_some() || base.contains(['/', '\\']);
    if !looks_like_file {
        let hint = did_you_mean(base, library.bases().map(|(name, _)| name))
            .unwrap_or_else(|| "`trailbrief list --bases` shows them; or give a file".to_owned());
        return Err(
            UserError::usage(anyhow::anyhow!("there is no base event `{}`", visible(base))).hint(hint)
        );
    }
    let read = || {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let mut record: Value =
            serde_json::from_str(&text).with_context(|| format!("`{}` is not JSON", path.display()))?;
        anyhow::ensure!(
            record["eventName"].is_string() && record["eventSource"].is_string(),
            "`{}` is not one CloudTrail record: it has no `eventName` or `eventSource`",
            path.display()
        );
        // Cases have a day of their own.
        record["eventTime"] = Value::from(case_window().start().plus(Span::HOUR).to_string());
        Ok(record)
    };
    let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("event");
    Ok((name.to_owned(), read().map_err(UserError::usage)?))
}

/// A detection that reports every call like this one; only those that succeed, if this one did.
fn detection(id: &DetectionId, record: &Value) -> String {
    let (source, name) = (text(record, "eventSource"), text(record, "eventName"));
    let quoted = |value: &str| literal(&ParamValue::Text(value.to_owned())).unwrap_or_default();
    format!(
        "-- ---
-- id = \"{id}\"
-- title = {title}
-- severity = \"low\"
-- status = \"experimental\"
-- packs = [\"hourly\"]
-- about = [\"account_id\", \"actor\"]
-- says = \"{{actor}} called {{action}} in {{account_id}}\"
-- benign = [\"Somebody planned it\"]
-- steps = [\"Ask the actor what it was for\"]
-- ---
SELECT event_time, account_id, region, actor, action, resource, source_ip, event_id
FROM calls
WHERE eventsource = {source}
    AND eventname = {name}{success}
",
        success = if has_failed(record) { "" } else { "\n    AND errorcode IS NULL" },
        title = toml_text(&format!("{name} was called ({id})")),
        source = quoted(&source),
        name = quoted(&name),
    )
}

/// A case that fires, one that almost does, and an attempt.
fn cases(base: &str, record: &Value) -> String {
    let base = toml_text(base);
    let mut page = format!("[[case]]\nname = \"it happens\"\nevents = [{{ base = {base} }}]\nfinds = 1\n");
    let another = ("another call of the same service", "eventName = \"SomethingElse\"");
    let denied = ("an attempt that is denied", "errorCode = \"AccessDenied\"");
    for (name, set) in std::iter::once(another).chain((!has_failed(record)).then_some(denied)) {
        let event = format!("{{ base = {base}, set = {{ {set} }} }}");
        page += &format!("\n[[case]]\nname = \"{name}\"\nevents = [{event}]\nfinds = 0\n");
    }
    page
}

fn text(record: &Value, key: &str) -> String {
    record[key].as_str().unwrap_or_default().to_owned()
}

/// Whether the record is of a call that did not succeed.
fn has_failed(record: &Value) -> bool {
    record["errorCode"].as_str().is_some_and(|code| !code.is_empty())
}

/// A text as TOML writes it: JSON's way is one of TOML's.
fn toml_text(text: &str) -> String {
    Value::from(text).to_string()
}

/// Writes a new file; one that exists is left alone.
fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{}`", path.display()))
}
