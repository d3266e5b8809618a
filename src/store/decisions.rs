//! Decisions of people, as JSON, version 1: one object for all schedules.

use serde::{Deserialize, Serialize};

use super::versioned::{self, Unreadable};
use crate::domain::{
    decision::{Decision, Subject, Verdict},
    time::Timestamp,
};

const VERSION: u64 = 1;

/// Its name in the store.
pub(super) const NAME: &str = "decisions.json";

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    decisions: Vec<DecisionDocument>,
}

#[derive(Serialize, Deserialize)]
struct DecisionDocument {
    subject: String,
    suppressed: bool,
    reason: String,
    by: String,
    made: String,
    expires: String,
}

pub(super) fn write(decisions: &[Decision]) -> Vec<u8> {
    let decision = |it: &Decision| DecisionDocument {
        subject: it.subject.as_str().to_owned(),
        suppressed: it.verdict == Verdict::Suppressed,
        reason: it.reason.clone(),
        by: it.by.clone(),
        made: it.made.to_string(),
        expires: it.expires.to_string(),
    };
    let document = Document { version: VERSION, decisions: decisions.iter().map(decision).collect() };
    serde_json::to_vec_pretty(&document).expect("texts have a JSON form")
}

/// The decisions in these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Decision>, Unreadable> {
    let document: Document = versioned::document(bytes, VERSION)?;
    let time = |text: &str| text.parse::<Timestamp>().map_err(|error| Unreadable::Damaged(error.to_string()));
    let decision = |it: DecisionDocument| {
        let bad = || Unreadable::Damaged(format!("`{}` is neither a fingerprint nor a story", it.subject));
        Ok(Decision {
            subject: Subject::from_text(&it.subject).ok_or_else(bad)?,
            verdict: if it.suppressed { Verdict::Suppressed } else { Verdict::Acknowledged },
            made: time(&it.made)?,
            expires: time(&it.expires)?,
            reason: it.reason,
            by: it.by,
        })
    };
    document.decisions.into_iter().map(decision).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_many_decisions_at_once_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        for store in [Store::memory(), Store::directory(folder.path().to_owned())] {
            let decisions = (0..8).map(|number: u8| {
                let store = store.clone();
                let subject = Subject::from_text(&format!("{number:032x}")).unwrap();
                tokio::spawn(async move {
                    let decision = Decision {
                        subject,
                        verdict: Verdict::Suppressed,
                        reason: "r".to_owned(),
                        by: "alice".to_owned(),
                        made: Timestamp::from_unix_s(0),
                        expires: Timestamp::from_unix_s(60),
                    };
                    store.decide(&decision).await
                })
            });
            for decision in decisions.collect::<Vec<_>>() {
                decision.await.unwrap().unwrap();
            }
            assert_eq!(store.decisions().await.unwrap().len(), 8);
        }
    }

    #[test]
    fn decisions_survive_their_json_and_damage_is_named() {
        let decision = |subject: &str, verdict| Decision {
            subject: Subject::from_text(subject).unwrap(),
            verdict,
            reason: "an exercise".to_owned(),
            by: "alice".to_owned(),
            made: Timestamp::from_unix_s(1_773_100_800),
            expires: Timestamp::from_unix_s(1_773_200_800),
        };
        let all = vec![
            decision(&"a".repeat(32), Verdict::Suppressed),
            decision(&"b".repeat(16), Verdict::Acknowledged),
        ];
        let text = String::from_utf8(write(&all)).unwrap();
        assert_eq!(read(text.as_bytes()).unwrap(), all);
        for damaged in ["", "{}", &text.replace(&"a".repeat(32), "a"), &text.replace("2026-", "x")] {
            assert!(matches!(read(damaged.as_bytes()), Err(Unreadable::Damaged(_))), "{damaged}");
        }
        let newer = text.replace("\"version\": 1", "\"version\": 2");
        assert!(matches!(read(newer.as_bytes()), Err(Unreadable::Newer(2))));
    }
}
