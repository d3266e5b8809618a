//! Habits as compressed JSON, version 1: one object for all schedules, and what runs have learned that are not committed yet.
//!
//! Actors share their name, so it is written once for all of an actor's habits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    archive,
    versioned::{self, Unreadable},
};
use crate::domain::{
    habits::{Days, EventSource, Habit, Habits},
    time::Timestamp,
};

const VERSION: u64 = 1;

/// Its name in the store.
pub(super) const NAME: &str = "habits.json.gz";

const ENDING: &str = ".json.gz";

/// The folder of what a schedule's runs have learned.
pub(super) fn folder(schedule: &str) -> String {
    format!("habits/{schedule}")
}

/// The name of what a run has learned.
pub(super) fn name(schedule: &str, run: &str) -> String {
    format!("{}/{run}{ENDING}", folder(schedule))
}

/// The run that has learned what is in a file of the folder.
pub(super) fn run(file: &str) -> Option<&str> {
    file.strip_suffix(ENDING).filter(|run| !run.starts_with('.'))
}

/// The name under which damaged habits are kept.
pub(super) fn damaged_name(now: Timestamp) -> String {
    format!("habits.damaged-{}{ENDING}", now.to_string().replace(['-', ':'], ""))
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u64,
    since: Option<String>,
    until: Option<String>,
    /// What an earlier version wrote does not have it.
    #[serde(default)]
    read_until: Option<String>,
    left_out: u64,
    actors: BTreeMap<String, Vec<HabitDocument>>,
    /// What a program before this one did not write.
    #[serde(default)]
    sources: SourcesDocument,
}

#[derive(Default, Serialize, Deserialize)]
struct SourcesDocument {
    since: Option<String>,
    until: Option<String>,
    /// Source, whether its events are data events; the last day, and the bits of all days.
    seen: Vec<(String, bool, i64, u64, u64)>,
}

/// Account, service, action, Region, network, tool; the last day, and the bits of all days.
#[derive(Serialize, Deserialize)]
struct HabitDocument([Option<String>; 6], i64, u64, u64);

pub(super) fn write(habits: &Habits) -> Vec<u8> {
    let mut actors: BTreeMap<String, Vec<HabitDocument>> = BTreeMap::new();
    for (habit, days) in habits.iter() {
        let Habit { actor, account_id, service, action, region, network, agent } = habit.clone();
        let (last, bits) = days.to_store();
        let texts = [account_id, service, action, region, network, agent];
        actors.entry(actor).or_default().push(HabitDocument(texts, last, (bits >> 64) as u64, bits as u64));
    }
    let document = Document {
        version: VERSION,
        since: habits.since.map(|time| time.to_string()),
        until: habits.until.map(|time| time.to_string()),
        read_until: habits.read_until.map(|time| time.to_string()),
        left_out: habits.left_out,
        actors,
        sources: SourcesDocument {
            since: habits.sources.since.map(|time| time.to_string()),
            until: habits.sources.until.map(|time| time.to_string()),
            seen: habits.sources.iter().map(source).collect(),
        },
    };
    archive::compressed(&serde_json::to_string(&document).expect("texts have a JSON form"))
}

fn source((source, days): (&EventSource, Days)) -> (String, bool, i64, u64, u64) {
    let (last, bits) = days.to_store();
    (source.name.clone(), source.is_data, last, (bits >> 64) as u64, bits as u64)
}

/// Days as they were stored, of what is named for an error.
fn days(of: &str, last: i64, high: u64, low: u64) -> Result<Days, Unreadable> {
    Days::stored(last, u128::from(high) << 64 | u128::from(low))
        .ok_or_else(|| Unreadable::Damaged(format!("a habit of `{of}` has no last day")))
}

/// The habits in these bytes.
pub(super) fn read(bytes: &[u8]) -> Result<Habits, Unreadable> {
    let text = archive::text(bytes).map_err(|error| Unreadable::Damaged(error.to_string()))?;
    let Document { since, until, read_until, left_out, actors, sources, .. } =
        versioned::document(text.as_bytes(), VERSION)?;
    let time = |text: Option<String>| {
        let time = text.map(|text| text.parse::<Timestamp>()).transpose();
        time.map_err(|error| Unreadable::Damaged(error.to_string()))
    };
    let mut habits = Habits::learned(time(since)?, time(until)?);
    habits.left_out = left_out;
    habits.read_until = time(read_until)?;
    for (actor, of_actor) in actors {
        for HabitDocument([account_id, service, action, region, network, agent], last, high, low) in of_actor
        {
            let days = days(&actor, last, high, low)?;
            let actor = actor.clone();
            habits.note(Habit { actor, account_id, service, action, region, network, agent }, days);
        }
    }
    (habits.sources.since, habits.sources.until) = (time(sources.since)?, time(sources.until)?);
    for (name, is_data, last, high, low) in sources.seen {
        let days = days(&name, last, high, low)?;
        habits.sources.note(EventSource { name, is_data }, days);
    }
    Ok(habits)
}

/// The habits in the bytes of the store, to which others are added: none if there are no bytes, or damaged ones that are kept
/// under another name.
pub(super) fn known(bytes: Option<&[u8]>, is_kept_aside: bool) -> Result<Habits, Unreadable> {
    match bytes.map(read) {
        None => Ok(Habits::default()),
        Some(Err(Unreadable::Damaged(_))) if is_kept_aside => Ok(Habits::default()),
        Some(known) => known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::habits::{MOST, Sources, day_of},
        store::Store,
    };

    fn at(day: i64) -> Timestamp {
        Timestamp::from_unix_s(day * 86_400)
    }

    fn learned(actor: &str, day: i64) -> Habits {
        let mut habits = Habits::learned(Some(at(day)), Some(at(day + 1)));
        let habit = Habit { actor: actor.to_owned(), region: Some("r".to_owned()), ..Habit::default() };
        habits.note(habit, Days::on(day_of(at(day))));
        habits
    }

    fn actors(habits: &Habits) -> Vec<&str> {
        habits.iter().map(|(habit, _)| habit.actor.as_str()).collect()
    }

    #[test]
    fn habits_survive_their_json_and_damage_is_named() {
        let mut habits = learned("a", 20_000);
        habits.read_until = Some(at(20_000));
        habits.note(
            Habit { actor: "b".to_owned(), agent: Some("é\"".to_owned()), ..Habit::default() },
            Days::between(19_920, 20_000, 70).unwrap(),
        );
        (habits.sources.since, habits.sources.until) = (Some(at(19_900)), Some(at(20_001)));
        for is_data in [true, false] {
            let source = EventSource { name: "s3.amazonaws.com".to_owned(), is_data };
            habits.sources.note(source, Days::between(19_920, 20_000, 80).unwrap());
        }
        let bytes = write(&habits);
        assert_eq!(read(&bytes).unwrap(), habits);
        let text = archive::text(&bytes).unwrap();
        let (before, _) = text.split_once(",\"sources\"").unwrap();
        let older = read(&archive::compressed(&format!("{before}}}"))).unwrap();
        assert_eq!((older.len(), older.sources), (habits.len(), Sources::default()), "of an older program");
        let newer = archive::compressed(&text.replace("\"version\":1", "\"version\":2"));
        assert!(matches!(read(&newer), Err(Unreadable::Newer(2))));
        for damaged in [&b""[..], &bytes[..bytes.len() / 2], &archive::compressed("{}")] {
            assert!(matches!(read(damaged), Err(Unreadable::Damaged(_))));
        }
    }

    #[test]
    fn damaged_habits_are_replaced_only_if_they_are_kept_elsewhere() {
        let (habits, newer) = (learned("a", 100), archive::compressed("{\"version\":2}"));
        for is_kept_aside in [true, false] {
            assert_eq!(known(None, is_kept_aside).unwrap(), Habits::default());
            assert_eq!(known(Some(&write(&habits)), is_kept_aside).unwrap(), habits);
            assert!(matches!(known(Some(&newer), is_kept_aside), Err(Unreadable::Newer(2))));
        }
        assert_eq!(known(Some(b"nonsense"), true).unwrap(), Habits::default());
        assert!(matches!(known(Some(b"nonsense"), false), Err(Unreadable::Damaged(_))));
    }

    /// As many habits as there may ever be, on days without any order.
    #[test]
    fn a_full_baseline_takes_less_than_two_megabytes() {
        let (mut habits, mut random) = (Habits::default(), 0x9e37_79b9_7f4a_7c15_u64);
        let mut next = move || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        for number in 0..MOST {
            let bits = u128::from(next()) << 26 | u128::from(next() >> 38) | 1;
            let habit = Habit {
                actor: format!("arn:aws:iam::{:012}:role/service-{}", number / 2_000, number / 100),
                account_id: Some(format!("{:012}", number / 2_000)),
                service: Some(format!("service{}", number % 40)),
                action: Some(format!("CreateThing{}", number % 100)),
                region: Some(format!("eu-west-{}", number % 4)),
                ..Habit::default()
            };
            habits.note(habit, Days::stored(20_000, bits & ((1 << 90) - 1)).unwrap());
        }
        let bytes = write(&habits).len();
        assert!(habits.len() == MOST && bytes < 2_000_000, "{bytes}");
    }

    #[tokio::test]
    async fn only_what_a_committed_run_learned_is_known() {
        let folder = tempfile::tempdir().unwrap();
        for store in [Store::memory(), Store::directory(folder.path().to_owned())] {
            store.keep_learned("hourly", "hourly-1", &learned("one", 100)).await.unwrap();
            store.keep_learned("hourly", "hourly-2", &learned("two", 101)).await.unwrap();
            store.keep_learned("hourly", "hourly-3", &learned("three", 102)).await.unwrap();
            store.keep_learned("daily", "daily-1", &learned("other", 100)).await.unwrap();
            assert_eq!(store.habits().await.unwrap(), None, "no run is committed");
            assert_eq!(store.habits_bytes().await.unwrap(), None);
            // A run that died before its commit has searched what the next one searches again.
            assert_eq!(store.learn("hourly", "hourly-2", at(102)).await.unwrap(), None);
            assert_eq!(actors(&store.habits().await.unwrap().unwrap()), ["one", "two"]);
            store.learn("hourly", "hourly-2", at(102)).await.unwrap();
            assert_eq!(store.habits().await.unwrap().unwrap().len(), 2, "nothing is left to learn");
            store.keep_learned("hourly", "hourly-2", &learned("two", 101)).await.unwrap();
            store.learn("hourly", "hourly-3", at(102)).await.unwrap();
            let habits = store.habits().await.unwrap().unwrap();
            assert_eq!(actors(&habits), ["one", "three", "two"]);
            assert!(habits.iter().all(|(_, days)| days.count() == 1), "a run that is repeated counts once");
            let bytes = store.backend.get(NAME).await.unwrap().unwrap();
            assert_eq!(store.habits_bytes().await.unwrap(), Some(bytes.len() as u64));
            assert_eq!(store.habits_location(), store.backend.location(NAME));
            store.learn("daily", "daily-1", at(103)).await.unwrap();
            assert_eq!(actors(&store.habits().await.unwrap().unwrap()), ["one", "other", "three", "two"]);
        }
    }

    #[tokio::test]
    async fn damaged_habits_are_set_aside_and_learned_anew() {
        let store = Store::memory();
        store.backend.put(NAME, b"nonsense".to_vec()).await.unwrap();
        assert!(store.habits().await.is_err());
        store.keep_learned("hourly", "hourly-1", &learned("one", 100)).await.unwrap();
        let note = store.learn("hourly", "hourly-1", at(101)).await.unwrap().unwrap();
        assert!(note.contains("habits.damaged-"), "{note}");
        assert_eq!(actors(&store.habits().await.unwrap().unwrap()), ["one"]);
        let kept = store.backend.get(&damaged_name(at(101))).await.unwrap();
        assert_eq!(kept.as_deref(), Some(&b"nonsense"[..]));
        store.backend.put(NAME, archive::compressed("{\"version\":2}")).await.unwrap();
        store.keep_learned("hourly", "hourly-2", &learned("two", 101)).await.unwrap();
        assert!(store.learn("hourly", "hourly-2", at(102)).await.is_err(), "a newer program wrote it");
        assert!(store.backend.get(&name("hourly", "hourly-2")).await.unwrap().is_some(), "nothing is lost");
    }
}
