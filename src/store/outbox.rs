//! Messages in the outbox, as JSON, version 1.

use serde::{Deserialize, Serialize};

use super::versioned::{self, Unreadable};
use crate::domain::message::Message;

const VERSION: u64 = 1;

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

/// The name of a run's message in the store.
pub(super) fn name(schedule: &str, run: &str) -> String {
    format!("{}/{run}.json", folder(schedule))
}

/// The folder of a schedule's messages in the store.
pub(super) fn folder(schedule: &str) -> String {
    format!("outbox/{schedule}")
}

/// The run whose message has this file name; `None` if the file is not a message.
pub(super) fn run(file: &str) -> Option<String> {
    let run = file.strip_suffix(".json")?;
    (!run.is_empty() && !run.starts_with('.')).then(|| run.to_owned())
}

pub(super) fn write(message: &Message) -> Vec<u8> {
    let document = Document {
        version: VERSION,
        run: message.run.clone(),
        list: message.list.clone(),
        started: message.started.to_string(),
        subject: message.subject.clone(),
        text: message.text.clone(),
        html: message.html.clone(),
        csv: message.csv.clone(),
        slack: message.slack.clone(),
        json: message.json.clone(),
    };
    serde_json::to_vec(&document).expect("texts have a JSON form")
}

/// The message in these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Message, Unreadable> {
    let document: Document = versioned::document(bytes, VERSION)?;
    Ok(Message {
        run: document.run,
        list: document.list,
        started: document
            .started
            .parse()
            .map_err(|_| Unreadable::Damaged("`started` is not a time".to_owned()))?,
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
    fn only_files_of_messages_are_messages() {
        assert_eq!(run("daily-1.json").as_deref(), Some("daily-1"));
        for other in [".json", ".daily-1.json", "daily-1.json.tmp", "daily-1"] {
            assert_eq!(run(other), None, "{other}");
        }
    }

    #[test]
    fn a_message_survives_its_json() {
        let message = Message {
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
        assert_eq!(read(&write(&message)).unwrap(), message);
        assert!(matches!(read(b"{"), Err(Unreadable::Damaged(_))));
        let newer = String::from_utf8(write(&message)).unwrap().replace("\"version\":1", "\"version\":2");
        assert!(matches!(read(newer.as_bytes()), Err(Unreadable::Newer(2))));
    }
}
