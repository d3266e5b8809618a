//! A month of hourly runs, with files that arrive late, twice and out of order, and runs that fail in every way: together
//! they report what one run over the whole month reports, and each single event once.

use std::{collections::BTreeMap, collections::BTreeSet, fs, sync::Arc};

use trailbrief::testing::{
    app::App,
    domain::{
        finding::FindingState,
        state::OpenRun,
        time::{Span, Timestamp, Window},
    },
    engine::embedded::{scan::Progress, source::Source},
    plan::Occasion,
    run::{Logs, scheduled_id},
    schedule::{self, Observer, RunOutput, RunStatus, ScheduleEvent, ScheduledRun},
    store::{LEASE, Store},
    user_error::UserError,
};

use super::{ASKED, DELAY, Happening, answer, app, delivered, identities, job, source, start};

const DAYS: i64 = 30;

/// What happens to a scheduled run of the month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It succeeds.
    Well,
    /// It is not started.
    Missed,
    /// Its process dies while it holds the claim.
    Killed,
    /// The logs cannot be listed.
    NoLogs,
    /// Its brief cannot be shown.
    NotShown,
}

/// Some of each, at irregular distances; once, a whole day is missed.
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

/// Events spread over this many days by a fixed rule: some hours are busy; delays differ, so that files overtake each other.
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

/// Keeps what is reported.
#[derive(Default)]
struct Reader {
    fails: bool,
    /// Findings of single events that were new or late, each with how often.
    single: BTreeMap<String, usize>,
    all: BTreeSet<String>,
    late: usize,
}

impl Observer for Reader {
    type Following = ();

    fn follow(&mut self, _: &Arc<Progress>) {}

    fn show(&mut self, output: RunOutput<'_>) -> Result<(), UserError> {
        let RunOutput::Brief(brief) = output else { panic!("nothing is sent, so nothing is pending") };
        if self.fails {
            return Err(UserError::failed(std::io::Error::other("the brief cannot be shown")));
        }
        assert_eq!((brief.failures.len(), brief.problems.len()), (0, 0));
        super::reported(brief, &mut self.single, &mut self.all);
        self.late += brief.findings.iter().filter(|finding| finding.state == FindingState::Late).count();
        Ok(())
    }

    fn event(&mut self, _: ScheduleEvent<'_>) {}
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
fn a_month_of_hourly_runs_reports_what_one_run_over_the_month_reports() {
    let app = hourly();
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let files = delivered(&happenings(DAYS.unsigned_abs(), 260));
    let at = |hour: i64| start().plus(Span::from_s(hour * 3_600));
    let last = DAYS * 24 + 3;
    let whole = {
        let window = Window::new(start(), at(DAYS * 24)).unwrap();
        let source = source(&files, at(last));
        identities(
            &answer(&app, &runtime, job(&app, &source, Occasion::OnDemand { window, delay: DELAY })).brief,
        )
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
            let killed = OpenRun::new(&scheduled_id("hourly", at), at);
            drop(runtime.block_on(store.claim("hourly", killed, now, LEASE)).unwrap());
            continue;
        }
        let run = ScheduledRun {
            app: &app,
            store: &store,
            logs: Logs::Files(if fate == Fate::NoLogs { &nowhere } else { &there }),
            schedule: "hourly",
            at,
            now,
            lease: LEASE.into(),
            deadline: None,
            end: None,
            channels: Vec::new(),
            without_delivery: false,
            notes: Vec::new(),
            repeats_unanswered: false,
        };
        reader.fails = fate == Fate::NotShown;
        let ended = runtime.block_on(schedule::execute(&run, &mut reader));
        match fate {
            Fate::Well => assert_eq!(ended.unwrap().status, RunStatus::Delivered),
            _ => assert!(ended.is_err(), "{hour}: {fate:?}"),
        }
    }
    assert!(fates.len() == 5 && fates.values().all(|count| *count > 10), "{fates:?}");
    assert_eq!(reader.all, whole);
    let twice: Vec<_> = reader.single.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "reported twice: {twice:?}");
    assert!(reader.late > 5, "{} late", reader.late);
    let state = runtime.block_on(store.peek("hourly")).unwrap();
    // The last hour has no log, so it does not count as searched.
    assert!(state.watermarks.values().all(|end| *end == at(last - 1)), "{:?}", state.watermarks);
    assert!(state.seen.len() < whole.len() / 2, "findings that cannot occur again are forgotten");
}
