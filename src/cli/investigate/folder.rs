//! The folder of a case: everything to hand over, with a manifest that says what was asked and how each file hashes.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::Write as _,
    path::Path,
};

use anyhow::Context as _;
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{UserError, find, in_file};
use crate::{
    app::App,
    domain::{hex::hex, time::Timestamp},
    render,
    run::{Investigation, Logs},
};

/// The records, one JSON object a line.
const RECORDS: &str = "records.ndjson.gz";
/// What is in the folder.
const MANIFEST: &str = "manifest.json";

/// Writes a case into a folder that exists; gives how many of its records could not be read again.
pub(super) async fn write(
    app: &App,
    logs: Logs<'_>,
    investigation: &Investigation,
    (commands, now): (&[String], Timestamp),
    folder: &Path,
) -> Result<usize, UserError> {
    let Investigation { brief, case, events } = investigation;
    let ids: HashSet<String> = events.iter().map(|event| event.id.clone()).collect();
    let asked = ids.len();
    let (records, of, missing) = match logs {
        Logs::Files(source) => {
            let (found, _) = find(app, source, brief.run.window, ids, true).await?;
            let mut by_id: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            for record in &found {
                let same = by_id.entry(&record.id).or_default();
                // The same record may be delivered twice.
                if !same.contains(&record.json.as_str()) {
                    same.push(&record.json);
                }
            }
            let missing = asked - by_id.len();
            let order = events.iter().filter_map(|event| by_id.remove(event.id.as_str()));
            let lines: Vec<String> = order.flatten().map(one_line).collect();
            (lines, "as they stand in the log files", missing)
        }
        #[cfg(feature = "aws")]
        Logs::Athena(_) => (render::records(events), "the fields that the table's statement brought", 0),
    };
    let html = render::report(&render::json(brief), events);
    let files: Vec<(&str, Vec<u8>)> = vec![
        ("case.html", html.into_bytes()),
        ("case.txt", render::case_text(case, brief, commands, in_file()).into_bytes()),
        ("case.json", render::case_json(case, brief, events, commands).into_bytes()),
        ("calls.csv", render::case_csv(case, events).into_bytes()),
        (RECORDS, gzipped(&records)?),
    ];
    let listed: Vec<Value> = files
        .iter()
        .map(|(name, bytes)| json!({ "name": name, "bytes": bytes.len(), "sha256": hex(&Sha256::digest(bytes)) }))
        .collect();
    let window = brief.run.window;
    let manifest = json!({
        "schema_version": 1,
        "program": format!("trailbrief {}", env!("CARGO_PKG_VERSION")),
        "made": now.to_string(),
        "asked": std::env::args().collect::<Vec<_>>(),
        "subject": case.subject,
        "window": { "start": window.start().to_string(), "end": window.end().to_string() },
        "logs": { "source": brief.run.source, "engine": brief.run.engine, "files_read": brief.run.files_read,
            "events_read": brief.run.events_read, "bytes_scanned": brief.run.bytes_scanned },
        "detections_asked": brief.detections.keys().map(ToString::to_string).collect::<Vec<_>>(),
        "records": { "are": of, "calls": asked, "written": records.len(), "calls_left_out": case.left_out },
        "not_read": brief.problems.iter().map(|it| format!("{}: {}", it.file, it.reason)).collect::<Vec<_>>(),
        "files": listed,
    });
    let text = serde_json::to_string_pretty(&manifest).map_err(UserError::failed)? + "\n";
    for (name, bytes) in
        files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).chain([(MANIFEST, text.as_bytes())])
    {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display())).map_err(
            |error| UserError::failed(error).hint("give `--out` a directory that you can write to"),
        )?;
    }
    Ok(missing)
}

/// A record as one line: a file may hold it over several. Its white space between values is lost then, nothing else.
fn one_line(json: &str) -> String {
    if !json.contains(['\n', '\r']) {
        return json.to_owned();
    }
    json.lines().map(str::trim).collect()
}

/// These lines, compressed; the same lines give the same bytes.
fn gzipped(lines: &[String]) -> Result<Vec<u8>, UserError> {
    let mut encoder = GzBuilder::new().write(Vec::new(), Compression::default());
    for line in lines {
        writeln!(encoder, "{line}").map_err(UserError::failed)?;
    }
    encoder.finish().map_err(UserError::failed)
}
