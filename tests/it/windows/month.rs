//! A month of hourly turns, with files that come late, twice and out of order, and turns that fail in every way: together
//! they tell what one run over the whole month tells, and each single event once.

use std::{collections::BTreeMap, collections::BTreeSet, fs, sync::Arc};

use trailbrief::{
    app::App,
    domain::{
        finding::FindingState,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::{scan::Progress, source::Source},
    plan::Occasion,
    run::{Logs, scheduled_id},
    store::{LEASE, Store},
    turn::{self, Event, Front, Outcome, Shown, Turn},
    user_error::UserError,
};

use super::{ASKED, Happening, answer, app, delivered, identities, job, source, start};

const DAYS: i64 = 30;

/// What a turn of the month comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It goes well.
    Well,
    /// Nobody calls.
    Missed,
    /// Its process dies with the claim in its hands.
    Killed,
    /// The logs cannot be listed.
    NoLogs,
    /// Its brief cannot be shown.
    NotShown,
}

/// Some of each, at no regular distance; once a day is missed as a whole.
fn fate(hour: i64) -> Fate {
    match hour {
        300..324 => Fate::Missed,
        _ if hour % 17 == 5 => Fate::Killed,
        _ if hour % 23 == 7 => Fate::NoLogs,
        _ if hour % 29 == 11 => Fate::NotShown,
        _ if hour % 31 == 3 => Fate::Missed,
        _ => Fate::Well,
    }
}

/// Events spread over so many days by a fixed rule: some hours are busy; delays differ, so that files overtake each other.
pub fn happenings(days: u64, count: usize) -> Vec<Happening> {
    let mut seed = 7u64;
    let mut next = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((seed >> 33) % below).unwrap()
    };
    (0..count)
        .map(|number| Happening {
            kind: usize::try_from(next(5)).unwrap(),
            at_s: next(86_400 * days),
            delay_s: if number % 5 == 0 { 900 + next(4_000) } else { 60 + next(840) },
            again_s: (number % 3 == 0).then(|| 60 + next(5_000)),
        })
        .collect()
}

/// Keeps what is told.
#[derive(Default)]
struct Reader {
    deaf: bool,
    /// Findings of single events that were new or late, each with how often.
    single: BTreeMap<String, usize>,
    all: BTreeSet<String>,
    late: usize,
}

impl Front for Reader {
    type Following = ();

    fn follow(&mut self, _: &Arc<Progress>) {}

    fn show(&mut self, shown: Shown<'_>) -> Result<(), UserError> {
        let Shown::Brief(brief) = shown else { panic!("nothing is sent, so nothing waits") };
        if self.deaf {
            return Err(UserError::failed(std::io::Error::other("nobody listens")));
        }
        assert_eq!((brief.failures.len(), brief.problems.len()), (0, 0));
        super::told(brief, &mut self.single, &mut self.all);
        self.late += brief.findings.iter().filter(|finding| finding.state == FindingState::Late).count();
        Ok(())
    }

    fn tell(&mut self, _: Event<'_>) {}
}

/// A configuration whose hourly schedule asks only those detections.
pub fn settings() -> String {
    let everything = app();
    let ids = everything.library.detections().map(|detection| detection.id.to_string());
    let others: Vec<String> = ids.filter(|id| !ASKED.contains(&id.as_str())).collect();
    let packs: Vec<&str> = everything.library.packs().into_iter().collect();
    format!("[library]\ndisable = {others:?}\n[schedules.hourly]\npacks = {packs:?}\nlateness = \"2h\"\n")
}

fn hourly() -> App {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("trailbrief.toml");
    fs::write(&file, settings()).unwrap();
    App::load(Some(&file)).unwrap()
}

#[test]
fn a_month_of_hours_tells_what_the_month_tells() {
    let app = hourly();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let files = delivered(&happenings(DAYS.unsigned_abs(), 260));
    let at = |hour: i64| start().plus(Span::from_s(hour * 3_600));
    let last = DAYS * 24 + 3;
    let whole = {
        let window = Window::new(start(), at(DAYS * 24)).unwrap();
        let source = source(&files, at(last));
        identities(&answer(&app, &runtime, job(&app, &source, Occasion::OnDemand(window))).brief)
    };
    assert!(whole.len() > 100, "{}", whole.len());

    let store = Store::memory();
    let nowhere = {
        let gone = tempfile::tempdir().unwrap();
        Source::open(&gone.path().to_string_lossy()).unwrap()
    };
    let mut reader = Reader::default();
    let mut fates: BTreeMap<String, usize> = BTreeMap::new();
    for hour in 1..=last {
        let fate = if hour == last { Fate::Well } else { fate(hour) };
        *fates.entry(format!("{fate:?}")).or_default() += 1;
        if fate == Fate::Missed {
            continue;
        }
        let (at, there) = (at(hour), source(&files, at(hour)));
        let now: Timestamp = at.plus(Span::from_s(300));
        if fate == Fate::Killed {
            drop(runtime.block_on(store.claim("hourly", &scheduled_id("hourly", at), now, LEASE)).unwrap());
            continue;
        }
        let turn = Turn {
            app: &app,
            store: &store,
            logs: Logs::Files(if fate == Fate::NoLogs { &nowhere } else { &there }),
            schedule: "hourly",
            at,
            now,
            lease: LEASE,
            deadline: None,
            end: None,
            channels: Vec::new(),
            mute: false,
            notes: Vec::new(),
            insists: false,
        };
        reader.deaf = fate == Fate::NotShown;
        let ended = runtime.block_on(turn::take(&turn, &mut reader));
        match fate {
            Fate::Well => assert_eq!(ended.unwrap().outcome, Outcome::Told),
            _ => assert!(ended.is_err(), "{hour}: {fate:?}"),
        }
    }
    assert!(fates.len() == 5 && fates.values().all(|count| *count > 10), "{fates:?}");
    assert_eq!(reader.all, whole);
    let twice: Vec<_> = reader.single.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "told twice: {twice:?}");
    assert!(reader.late > 5, "{} late", reader.late);
    let state = runtime.block_on(store.peek("hourly")).unwrap();
    assert!(state.watermarks.values().all(|end| *end == at(last)), "{:?}", state.watermarks);
    assert!(state.seen.len() < whole.len() / 2, "what cannot be met again is forgotten");
}
