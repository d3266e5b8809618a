//! Broken input of every kind: reported with file and reason in the brief, and everything else is still read.

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc};

use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{brief::Brief, time::Window},
    engine::{
        embedded::{scan::Progress, source::Source},
        ledger::NoLedger,
    },
    render::{self, TextStyle},
    run::{self, Job, Logs},
};

use crate::common::{app, base, gzip, log_file};

/// Runs one detection over a directory.
fn brief_of(folder: &Path) -> Brief {
    brief_by(&app(), folder)
}

fn brief_by(app: &App, folder: &Path) -> Brief {
    let source = Source::open(&folder.to_string_lossy()).unwrap();
    let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
    let id = "iam.root-console-login".parse().unwrap();
    let job = Job::on_demand(window, vec![app.library.get(&id).unwrap()], Logs::Files(&source), window.end());
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime
        .block_on(run::run(&app.context, job, &Arc::new(Progress::default()), &mut NoLedger))
        .unwrap()
        .brief
}

/// A root sign-in of its own.
fn login(number: u64) -> Value {
    let mut record = base("console-login-root");
    record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
    record
}

#[test]
fn every_kind_of_damage_is_reported_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let day = folder.path().join("AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10");
    fs::create_dir_all(&day).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(day.join(name), bytes).unwrap();
    let many: Vec<Value> = (100..140).map(login).collect();
    let whole = log_file(&many);
    let mut huge = login(7);
    huge["requestParameters"] = json!({ "padding": "x".repeat(100 << 20) });
    let huge = log_file(&[login(8), huge, login(9)]);
    let mut old = login(10);
    old["eventTime"] = json!("1970-01-01T00:00:00Z");
    let mut timeless = login(11);
    timeless["eventTime"] = json!("yesterday");
    let mut odd = login(12).to_string().into_bytes();
    let at = odd.windows(5).position(|part| part == b"alias" || part == b"Mozil").unwrap();
    odd[at] = 0xff;

    write("good.json.gz", &log_file(&[login(1), login(2)]));
    write("truncated.json.gz", &whole[..whole.len() * 9 / 10]);
    write("twice.json.gz", &gzip(&log_file(&[login(3)])));
    write("error-page.json.gz", b"<html><body>403 Forbidden</body></html>");
    write("empty.json.gz", b"");
    write("no-records.json.gz", &gzip(b"{}"));
    write("huge.json.gz", &huge);
    write("wrong-type.json.gz", &gzip(br#"{"Records":"none"}"#));
    write("invalid-utf8.json", &[b"{\"Records\":[".as_slice(), &odd, b"]}"].concat());
    write("old.json.gz", &log_file(&[old, timeless]));
    fs::create_dir(day.join("folder.json")).unwrap();
    symlink(day.join("gone"), day.join("dangling.json")).unwrap();
    symlink(folder.path().join("AWSLogs"), day.join("loop")).unwrap();

    let brief = brief_of(folder.path());
    let shown = |name: &str| {
        let of_file: Vec<&str> = brief
            .problems
            .iter()
            .filter(|problem| problem.file.ends_with(name))
            .map(|problem| problem.reason.as_str())
            .collect();
        assert!(!of_file.is_empty(), "{name} is not reported: {:#?}", brief.problems);
        of_file.join("; ")
    };
    for (name, word) in [
        ("truncated.json.gz", "early"),
        ("twice.json.gz", "twice"),
        ("error-page.json.gz", "html"),
        ("empty.json.gz", "empty"),
        ("no-records.json.gz", "Records"),
        ("huge.json.gz", "larger"),
        ("wrong-type.json.gz", "Records"),
        ("invalid-utf8.json", "UTF-8"),
        ("dangling.json", "nowhere"),
        ("loop", "loop"),
    ] {
        let reason = shown(name);
        assert!(reason.to_lowercase().contains(&word.to_lowercase()), "{name}: {reason}");
    }
    assert_eq!(brief.coverage.events_without_time, 1);
    let found = |number: u64| {
        let id = format!("{number:08x}-0000-4000-8000-000000000000");
        brief.findings.iter().any(|finding| finding.event_id.as_ref().is_some_and(|own| own.raw() == id))
    };
    for number in [1, 2, 3, 8, 9, 12] {
        assert!(found(number), "event {number} is lost");
    }
    assert!(found(100), "what stands before the cut is lost");
    assert!(!found(7) && !found(10));
    let lost: u64 = brief.problems.iter().map(|problem| problem.records).sum();
    assert!(lost >= 1, "the record that is too large is not counted");
}

#[test]
fn a_file_that_may_not_be_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.json.gz"), log_file(&[login(1)])).unwrap();
    let closed = folder.path().join("closed.json.gz");
    fs::write(&closed, log_file(&[login(2)])).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads everything: then there is a finding more, and nothing to tell.
    let readable = fs::read(&closed).is_ok();
    let brief = brief_of(folder.path());
    assert_eq!(brief.findings.len(), if readable { 2 } else { 1 });
    assert_eq!(brief.problems.len(), usize::from(!readable));
}

/// Files that were there, and not one event of them: "found nothing" would be a lie.
#[test]
fn a_place_that_holds_only_damage_was_not_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("error-page.json.gz"), b"<html><body>403 Forbidden</body></html>").unwrap();
    fs::write(folder.path().join("empty.json.gz"), b"").unwrap();
    let shown = |folder: &Path| render::text(&brief_of(folder), TextStyle { width: 78, color: false });
    let text = shown(folder.path());
    assert!(text.contains("No findings, but no log was read\n"), "{text}");
    assert!(!text.contains("found nothing in this window"), "{text}");
    // Beside a file that can be read it is one of many.
    fs::write(folder.path().join("good.json.gz"), log_file(&[base("create-user")])).unwrap();
    let text = shown(folder.path());
    assert!(text.contains("No findings\nAlso: 2 files not read completely"), "{text}");
}

#[test]
fn an_answer_that_is_cut_is_reported_as_cut() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json.gz"), log_file(&[login(1), login(2), login(3)])).unwrap();
    let mut app = app();
    app.context.limits.rows = 3;
    assert_eq!(brief_by(&app, folder.path()).truncated, []);
    app.context.limits.rows = 2;
    let brief = brief_by(&app, folder.path());
    assert_eq!(brief.findings.len(), 2);
    let [truncation] = brief.truncated.as_slice() else { panic!("{:?}", brief.truncated) };
    assert_eq!((truncation.kept, truncation.findings(), truncation.is_cut), (2, 1, false));
    let text = render::text(&brief, TextStyle { width: 100, color: false });
    let shown = "1 detection found more than a brief holds. Ask for a shorter window";
    assert!(text.contains(shown), "{text}");
    assert!(text.contains("1 by arn:aws:iam::123456789012:root"), "{text}");
    // Each finding that a brief holds allows for ten rows.
    app.context.limits.rows = 0;
    assert!(brief_by(&app, folder.path()).truncated[0].is_cut);
}
