//! States in memory and in a directory: who may claim, and that never two runs commit over each other.

mod deaths;
mod kept;
#[cfg(feature = "s3")]
mod s3;

use std::{fs, sync::Arc};

use proptest::prelude::*;

use super::{
    objects::{Objects, StoredObject, Written},
    *,
};
use crate::domain::time::Span;

const LENGTH: Span = Span::from_s(100);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_s(1_773_100_800 + seconds)
}

/// A state that runs were committed to.
fn state(generation: u64) -> State {
    State { generation, last_delivered: Some(at(0)), ..State::default() }
}

fn run(id: &str) -> OpenRun {
    OpenRun::new(id, at(0))
}

/// The state of a schedule whose first run has claimed it.
fn begun(id: &str) -> State {
    State { open: Some(run(id)), ..State::default() }
}

/// Ends a run whose brief was delivered.
async fn commit(mut claim: Claim, state: &State) -> Result<(), StoreError> {
    claim.forget_notes();
    claim.save(state).await?;
    claim.release().await
}

/// Runs a test on the stores that need no network. A directory lives as long as its test.
fn on_each<F: Future<Output = ()>>(test: impl Fn(Store) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(test(Store::memory()));
    let folder = tempfile::tempdir().unwrap();
    runtime.block_on(test(Store::directory(folder.path().to_owned())));
}

fn notes(claim: &Claim) -> Vec<String> {
    claim.notes().map(str::to_owned).collect()
}

#[test]
fn a_state_is_claimed_by_one_run_at_a_time_and_committed() {
    on_each(|store| async move {
        let claim = store.claim("hourly", run("first"), at(0), LENGTH).await.unwrap();
        let busy = store.claim("hourly", run("second"), at(99), LENGTH).await.unwrap_err();
        let holder = Holder::Leased { run: "first".to_owned(), until: at(100) };
        assert!(matches!(&busy, StoreError::Busy { holder: found, .. } if *found == holder), "{busy}");
        let other = store.claim("daily", run("third"), at(0), LENGTH).await.unwrap();
        commit(claim, &state(3)).await.unwrap();
        other.release().await.unwrap();
        let claim = store.claim("hourly", run("second"), at(0), LENGTH).await.unwrap();
        assert_eq!((claim.state(), notes(&claim)), (&state(3), vec![]));
        assert_eq!(store.peek("hourly").await.unwrap(), state(3));
    });
}

#[test]
fn a_claim_that_is_released_leaves_the_state_as_it_was() {
    on_each(|store| async move {
        commit(store.claim("hourly", run("first"), at(0), LENGTH).await.unwrap(), &state(3)).await.unwrap();
        store.claim("hourly", run("second"), at(1), LENGTH).await.unwrap().release().await.unwrap();
        let claim = store.claim("hourly", run("third"), at(2), LENGTH).await.unwrap();
        assert_eq!((claim.state(), notes(&claim)), (&state(3), vec![]));
    });
}

/// Messages of these runs in the outbox of `daily`, and what else may lie there.
async fn messages(store: &Store, runs: &[&str]) {
    for run in runs {
        let message = Message {
            run: (*run).to_owned(),
            list: "daily".to_owned(),
            started: at(0),
            subject: String::new(),
            text: String::new(),
            html: String::new(),
            csv: None,
            slack: String::new(),
            json: String::new(),
        };
        store.keep_message("daily", &message).await.unwrap();
        store.keep_message("daily2", &Message { run: format!("{run}-other"), ..message }).await.unwrap();
    }
}

#[test]
fn a_state_that_starts_over_knows_its_outbox_until_its_messages_are_pending() {
    on_each(|store| async move {
        messages(&store, &["daily-1", "daily-2"]).await;
        let found = ["daily-1".to_owned(), "daily-2".to_owned()].into();
        let first = store.claim("daily", run("first"), at(0), LENGTH).await.unwrap();
        assert_eq!(first.state().orphans, found);
        // Whoever claims dies: the next still knows.
        drop(first);
        let second = store.claim("daily", run("second"), at(200), LENGTH).await.unwrap();
        assert_eq!(second.state().orphans, found);
        commit(second, &state(1)).await.unwrap();
        let third = store.claim("daily", run("third"), at(201), LENGTH).await.unwrap();
        assert_eq!(third.state(), &state(1), "only a state that starts over looks");
    });
}

#[tokio::test]
async fn a_lease_that_is_over_is_taken_over_and_its_run_commits_nothing() {
    let store = Store::memory();
    let first = store.claim("hourly", run("first"), at(0), LENGTH).await.unwrap();
    let late = store.claim("hourly", run("late"), at(0), LENGTH).await;
    assert!(matches!(late, Err(StoreError::Busy { .. })));
    let second = store.claim("hourly", run("second"), at(100), LENGTH).await.unwrap();
    assert_eq!(notes(&second), ["run first did not finish; this run takes over"]);
    let lost = commit(first, &state(7)).await.unwrap_err();
    assert_eq!(
        lost.to_string(),
        "run `first` no longer holds `memory:state/hourly.json`: run `second` (until 2026-03-10T00:03:20Z at the \
         latest) took it over, so nothing was written"
    );
    commit(second, &state(1)).await.unwrap();
    assert_eq!(store.peek("hourly").await.unwrap(), state(1));
}

#[tokio::test]
async fn a_repeated_invocation_takes_its_own_lease_over_at_once_and_no_other() {
    let store = Store::memory();
    let terms = |id: &str| LeaseTerms { length: LENGTH, invocation: Some(id.to_owned()) };
    // The first attempt dies.
    drop(store.claim("hourly", run("first"), at(0), terms("a")).await.unwrap());
    for other in [terms("b"), LENGTH.into()] {
        let busy = store.claim("hourly", run("first"), at(1), other).await;
        assert!(matches!(busy, Err(StoreError::Busy { .. })), "{busy:?}");
    }
    let again = store.claim("hourly", run("first"), at(1), terms("a")).await.unwrap();
    assert_eq!(notes(&again), ["run first did not finish; this run takes over"]);
    commit(again, &state(1)).await.unwrap();
    // Nobody repeats a command.
    drop(store.claim("hourly", run("second"), at(2), LENGTH).await.unwrap());
    assert!(matches!(
        store.claim("hourly", run("second"), at(3), LENGTH).await,
        Err(StoreError::Busy { .. })
    ));
}

#[tokio::test]
async fn releasing_what_was_taken_over_leaves_it_to_the_other() {
    let store = Store::memory();
    let first = store.claim("hourly", run("first"), at(0), LENGTH).await.unwrap();
    let second = store.claim("hourly", run("second"), at(100), LENGTH).await.unwrap();
    first.release().await.unwrap();
    let third = store.claim("hourly", run("third"), at(101), LENGTH).await;
    assert!(matches!(third, Err(StoreError::Busy { .. })));
    commit(second, &state(1)).await.unwrap();
}

#[tokio::test]
async fn in_a_directory_the_lease_of_a_dead_process_holds_nobody_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path().to_owned());
    // A process that is killed drops its lock, and nothing else.
    drop(store.claim("hourly", run("first"), at(0), LENGTH).await.unwrap());
    let claim = store.claim("hourly", run("second"), at(1), LENGTH).await.unwrap();
    assert_eq!(notes(&claim), ["run first did not finish; this run takes over"]);
    commit(claim, &state(1)).await.unwrap();
}

#[tokio::test]
async fn in_a_directory_whose_lock_was_removed_a_stale_run_commits_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path().to_owned());
    let first = store.claim("hourly", run("first"), at(0), LENGTH).await.unwrap();
    fs::remove_file(folder.path().join("state/hourly.lock")).unwrap();
    let second = store.claim("hourly", run("second"), at(1), LENGTH).await.unwrap();
    assert!(matches!(commit(first, &state(7)).await, Err(StoreError::Lost { .. })));
    commit(second, &state(1)).await.unwrap();
    assert_eq!(store.peek("hourly").await.unwrap(), state(1));
}

/// Puts bytes in the place of a state, whatever is there.
async fn overwrite(objects: &Objects, bytes: &[u8]) {
    let path = objects.state("daily");
    let there = objects.read(&path).await.unwrap().map(|found| found.version);
    assert!(matches!(objects.write(&path, bytes.to_vec(), there).await.unwrap(), Written::Yes(_)));
}

const HALF: &[u8] = b"{\"version\":1,";

#[tokio::test]
async fn a_damaged_object_is_moved_and_noted_until_a_brief_shows_it() {
    let objects = Objects::memory();
    let store = Store { backend: Backend::Objects(objects.clone()) };
    overwrite(&objects, HALF).await;
    assert!(matches!(store.peek("daily").await, Err(StoreError::Damaged { .. })));
    let claim = store.claim("daily", run("first"), at(0), LENGTH).await.unwrap();
    let said = notes(&claim);
    let aside = "state/daily.damaged-20260310T000000Z.json";
    assert!(said[0].contains("damaged") && said[0].contains(&format!("memory:{aside}")), "{said:?}");
    assert!(said[0].contains("starts over, from its newest archived brief"), "{said:?}");
    let kept = objects.read(&aside.into()).await.unwrap().unwrap();
    assert_eq!((kept.bytes.as_slice(), claim.state()), (HALF, &begun("first")));
    // No brief came of it, so the next run says it, too; its brief does.
    claim.release().await.unwrap();
    let claim = store.claim("daily", run("second"), at(1), LENGTH).await.unwrap();
    assert_eq!(notes(&claim), said);
    commit(claim, &state(1)).await.unwrap();
    let claim = store.claim("daily", run("third"), at(2), LENGTH).await.unwrap();
    assert_eq!(notes(&claim), Vec::<String>::new());
}

#[tokio::test]
async fn a_damaged_file_is_moved_and_noted() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::directory(folder.path().to_owned());
    commit(store.claim("daily", run("first"), at(0), LENGTH).await.unwrap(), &state(1)).await.unwrap();
    fs::write(folder.path().join("state/daily.json"), HALF).unwrap();
    let claim = store.claim("daily", run("second"), at(0), LENGTH).await.unwrap();
    assert!(notes(&claim)[0].contains("damaged"));
    assert_eq!(claim.state(), &begun("second"));
    assert_eq!(fs::read(folder.path().join("state/daily.damaged-20260310T000000Z.json")).unwrap(), HALF);
}

#[tokio::test]
async fn a_state_of_a_newer_program_is_left_alone() {
    const NEWER: &[u8] = b"{\"version\":2}";
    let objects = Objects::memory();
    let store = Store { backend: Backend::Objects(objects.clone()) };
    overwrite(&objects, NEWER).await;
    for refused in [
        store.claim("daily", run("first"), at(0), LENGTH).await.map(drop),
        store.peek("daily").await.map(drop),
    ] {
        assert!(matches!(refused, Err(StoreError::Newer { version: 2, .. })), "{refused:?}");
    }
    assert_eq!(objects.read(&objects.state("daily")).await.unwrap().unwrap().bytes, NEWER);
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("state")).unwrap();
    fs::write(folder.path().join("state/daily.json"), NEWER).unwrap();
    let store = Store::directory(folder.path().to_owned());
    let refused = store.claim("daily", run("first"), at(0), LENGTH).await;
    assert!(matches!(refused, Err(StoreError::Newer { version: 2, .. })));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognized_when_it_is_sent_again() {
    let objects = Objects::memory();
    let path = objects.state("hourly");
    let written =
        || Claimable { state: state(1), pending_notes: None, left_behind: None, deaths: None }.released();
    let bytes = written();
    for _ in 0..2 {
        assert!(matches!(objects.write(&path, bytes.clone(), None).await.unwrap(), Written::Yes(_)));
    }
    let other = written();
    assert!(matches!(objects.write(&path, other, None).await.unwrap(), Written::TooLate(Some(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_claims_at_once_one_wins() {
    let store = Store::memory();
    for round in 0..50 {
        let start = Arc::new(tokio::sync::Barrier::new(8));
        let claims = (0..8).map(|number| {
            let (store, start) = (store.clone(), start.clone());
            tokio::spawn(async move {
                start.wait().await;
                store.claim("hourly", run(&format!("{round}-{number}")), at(0), LENGTH).await
            })
        });
        let mut won = Vec::new();
        for claim in claims.collect::<Vec<_>>() {
            match claim.await.unwrap() {
                Ok(claim) => won.push(claim),
                Err(error) => assert!(matches!(error, StoreError::Busy { .. }), "{error}"),
            }
        }
        assert_eq!(won.len(), 1);
        commit(won.pop().unwrap(), &state(round)).await.unwrap();
    }
}

/// One step of one of several runs; a claim is two, so that others come between its read and its write.
#[derive(Clone, Copy, Debug)]
enum Step {
    Look(usize),
    Take(usize),
    Commit(usize),
    Release(usize),
    Die(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let run = || 0..3usize;
    prop_oneof![
        3 => run().prop_map(Step::Look),
        3 => run().prop_map(Step::Take),
        2 => run().prop_map(Step::Commit),
        1 => run().prop_map(Step::Release),
        1 => run().prop_map(Step::Die),
        2 => (1..80i64).prop_map(Step::Wait),
    ]
}

/// How far a run has come.
enum Run {
    Idle,
    /// It has read the state and may claim it.
    Looked(Option<StoredObject>, Claimable, Lease),
    /// It has the claim, and how many there were with it.
    Holds(Claim, usize),
}

async fn interleave(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let objects = Objects::memory();
    let store = Store { backend: Backend::Objects(objects.clone()) };
    let path = objects.state("hourly");
    let mut runs = [Run::Idle, Run::Idle, Run::Idle];
    let (mut now, mut claims, mut commits) = (at(0), 0usize, 0u64);
    // Who claimed last and has neither ended nor been given up.
    let mut holder: Option<(usize, Timestamp)> = None;
    for step in steps {
        match step {
            Step::Wait(seconds) => now = now.plus(Span::from_s(seconds)),
            Step::Die(who) => runs[who] = Run::Idle,
            Step::Look(who) if matches!(runs[who], Run::Idle) => {
                let found = objects.read(&path).await.unwrap();
                let lease = Lease::new(&who.to_string(), now.plus(LENGTH));
                if let Ok(claimable) = objects.claimable("hourly", found.as_ref(), now, &lease).await {
                    runs[who] = Run::Looked(found, claimable, lease);
                }
            }
            Step::Take(who) => {
                let Run::Looked(found, claimable, lease) = std::mem::replace(&mut runs[who], Run::Idle)
                else {
                    continue;
                };
                let version = found.map(|found| found.version);
                let Written::Yes(version) =
                    objects.write(&path, claimable.leased(&lease), version).await.unwrap()
                else {
                    continue;
                };
                prop_assert!(
                    holder.is_none_or(|(_, until)| until <= now),
                    "{who} took a lease that was not over"
                );
                let hold = Hold::Objects(objects::VersionedObject::of(&objects, &path, version));
                claims += 1;
                holder = Some((claims, lease.until));
                runs[who] = Run::Holds(Claim { lease, saved: claimable, hold }, claims);
            }
            Step::Commit(who) | Step::Release(who) => {
                let (claim, number) = match std::mem::replace(&mut runs[who], Run::Idle) {
                    Run::Holds(claim, number) => (claim, number),
                    other => {
                        runs[who] = other;
                        continue;
                    }
                };
                let is_last = number == claims;
                if matches!(step, Step::Commit(_)) {
                    let next = state(claim.state().generation + 1);
                    let committed = commit(claim, &next).await;
                    prop_assert_eq!(committed.is_ok(), is_last, "only the last claim commits, and it does");
                    commits += u64::from(is_last);
                } else {
                    claim.release().await.unwrap();
                }
                holder = holder.filter(|_| !is_last);
            }
            Step::Look(_) => {}
        }
        // Every commit stands on the one before: none is lost, none comes twice.
        prop_assert_eq!(store.peek("hourly").await.unwrap().generation, commits);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_interleaving_no_two_holders_commit(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(interleave(steps))?;
    }
}
