//! Letters in the outbox, as JSON, version 1.

use serde::{Deserialize, Serialize};

use super::v1::Unreadable;
use crate::domain::letter::Letter;

const VERSION: u64 = 1;

#[derive(Deserialize)]
struct Envelope {
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    run: String,
    list: String,
    started: String,
    subject: String,
    text: String,
    html: String,
    csv: Option<String>,
    slack: String,
    json: String,
}

/// Where a run's letter lies.
pub(super) fn name(schedule: &str, run: &str) -> String {
    format!("{}/{run}.json", folder(schedule))
}

/// Where a schedule's letters lie.
pub(super) fn folder(schedule: &str) -> String {
    format!("outbox/{schedule}")
}

/// The run whose letter has this name in the folder; what else lies there is none.
pub(super) fn run(file: &str) -> Option<String> {
    let run = file.strip_suffix(".json")?;
    (!run.is_empty() && !run.starts_with('.')).then(|| run.to_owned())
}

pub(super) fn write(letter: &Letter) -> Vec<u8> {
    let document = Document {
        version: VERSION,
        run: letter.run.clone(),
        list: letter.list.clone(),
        started: letter.started.to_string(),
        subject: letter.subject.clone(),
        text: letter.text.clone(),
        html: letter.html.clone(),
        csv: letter.csv.clone(),
        slack: letter.slack.clone(),
        json: letter.json.clone(),
    };
    serde_json::to_vec(&document).expect("texts have a JSON form")
}

/// The letter, or why these bytes are none.
pub(super) fn read(bytes: &[u8]) -> Result<Letter, Unreadable> {
    let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(damaged)?;
    if envelope.version != VERSION {
        return Err(Unreadable::Newer(envelope.version));
    }
    let document: Document = serde_json::from_slice(bytes).map_err(damaged)?;
    Ok(Letter {
        run: document.run,
        list: document.list,
        started: document.started.parse().map_err(|_| Unreadable::Damaged("its time is none".to_owned()))?,
        subject: document.subject,
        text: document.text,
        html: document.html,
        csv: document.csv,
        slack: document.slack,
        json: document.json,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_survives_its_json() {
        let letter = Letter {
            run: "hourly-1".to_owned(),
            list: "hourly".to_owned(),
            started: "2026-03-10T00:00:00Z".parse().unwrap(),
            subject: "1 critical".to_owned(),
            text: "a\nb\u{7f}".to_owned(),
            html: "<html>".to_owned(),
            csv: Some("a,b\r\n".to_owned()),
            slack: "{}".to_owned(),
            json: "{}".to_owned(),
        };
        assert_eq!(read(&write(&letter)).unwrap(), letter);
        assert!(matches!(read(b"{"), Err(Unreadable::Damaged(_))));
        let newer = String::from_utf8(write(&letter)).unwrap().replace("\"version\":1", "\"version\":2");
        assert!(matches!(read(newer.as_bytes()), Err(Unreadable::Newer(2))));
    }
}
