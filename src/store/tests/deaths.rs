//! What processes leave behind that die while they hold a state: that they died, and files that they had begun to write.

use super::*;

#[test]
fn processes_that_die_in_a_row_are_counted_until_one_gives_the_state_back() {
    on_each(|store| async move {
        let deaths = |number, run: &str| Deaths { number, run: run.to_owned(), at: Some(at(0)) };
        let claim = async |id: &str, now| store.claim("daily", run(id), at(now), LENGTH).await.unwrap();
        let first = claim("first", 0).await;
        assert_eq!(first.deaths(), None);
        // Whoever drops a claim dies.
        drop(first);
        for (id, now, found) in [
            ("second", 100, deaths(1, "first")),
            ("third", 200, deaths(2, "second")),
            ("fourth", 300, deaths(3, "third")),
        ] {
            assert_eq!(claim(id, now).await.deaths(), Some(&found));
        }
        let mut fifth = claim("fifth", 400).await;
        assert_eq!(fifth.deaths(), Some(&deaths(4, "fourth")));
        fifth.forget_deaths();
        assert_eq!(fifth.deaths(), None);
        fifth.save(&state(1)).await.unwrap();
        drop(fifth);
        let sixth = claim("sixth", 500).await;
        assert_eq!(sixth.deaths(), Some(&deaths(1, "fifth")), "those before it are forgotten");
        sixth.release().await.unwrap();
        assert_eq!(claim("seventh", 501).await.deaths(), None, "the last one gave it back");
    });
}

#[tokio::test]
async fn what_a_dead_process_had_not_finished_writing_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let store = Store::directory(folder.path().to_owned());
    const STATE: &str = "state/.tmp-daily.json-a1b2c3";
    const MESSAGE: &str = "outbox/daily/.tmp-daily-1.json-a1b2c3";
    const BRIEF: &str = "briefs/daily/.tmp-daily-1.html.gz-a1b2c3";
    // Other schedules' files may be in the making, and what is finished stays.
    const OTHERS: [&str; 4] = [
        "state/.tmp-hourly.json-a1b2c3",
        "outbox/hourly/.tmp-hourly-1.json-a1b2c3",
        "outbox/daily/daily-1.json",
        "briefs/daily/daily-1.html.gz",
    ];
    let leave = || {
        for name in [STATE, MESSAGE, BRIEF].into_iter().chain(OTHERS) {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), "").unwrap();
        }
    };
    let left = || [STATE, MESSAGE, BRIEF].map(|name| path(name).exists());
    // Nobody knows what became of the runs before a state that starts over.
    leave();
    let claim = store.claim("daily", run("first"), at(0), LENGTH).await.unwrap();
    assert_eq!(left(), [false, false, false]);
    commit(claim, &state(1)).await.unwrap();
    // If the last process gave the state back, the folders are not searched.
    leave();
    let claim = store.claim("daily", run("second"), at(1), LENGTH).await.unwrap();
    assert_eq!(left(), [false, true, true]);
    // It dies.
    drop(claim);
    let claim = store.claim("daily", run("third"), at(2), LENGTH).await.unwrap();
    assert_eq!(left(), [false, false, false]);
    assert_eq!(OTHERS.map(|name| path(name).exists()), [true; 4]);
    commit(claim, &state(2)).await.unwrap();
}
