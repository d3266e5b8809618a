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

/// The most memory that the program had while it read a folder, in kB.
#[cfg(target_os = "linux")]
fn peak_kb(folder: &Path) -> u64 {
    let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_trailbrief"))
        .args([
            "run",
            "--logs",
            ".",
            "--from",
            "2026-03-10",
            "--to",
            "2026-03-11",
            "--query",
            "iam.root-console-login",
        ])
        .current_dir(folder)
        .env_remove("TRAILBRIEF_CONFIG")
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", program.id());
    let mut peak = 0;
    while program.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak =
            line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak).max(peak);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    peak
}

/// Files that were made to exhaust memory: a long record, deep levels, many keys, texts in texts.
#[cfg(target_os = "linux")]
#[test]
fn files_made_to_exhaust_memory_take_little() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.json.gz"), log_file(&[login(1)])).unwrap();
    let usual = peak_kb(folder.path());
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), gzip(text.as_bytes())).unwrap();
    write("zeros.json.gz", &"\0".repeat(64 << 20));
    write("long.json.gz", &format!("{{\"Records\":[{{\"eventName\":\"{}\"}}]}}", "x".repeat(64 << 20)));
    write("long-text.json.gz", &format!("[\"{{{}\"]", "x".repeat(64 << 20)));
    write("deep.json.gz", &format!("[{{\"a\":{}", "[".repeat(100_000)));
    write("keys.json.gz", &format!("{{{}\"eventName\":\"A\"}}", "\"k\":1,".repeat(1_000_000)));
    let mut text = format!("{{\"eventName\":\"{}\"}}", "x".repeat(1 << 20));
    for _ in 0..4 {
        text = json!({ "Message": text }).to_string();
    }
    write("texts.json.gz", &text);
    let peak = peak_kb(folder.path());
    assert!(peak < usual + (80 << 10), "{peak} kB, and {usual} kB for a good file alone");
}

#[test]
fn links_that_lead_to_each_other_end() {
    let folder = tempfile::tempdir().unwrap();
    for (at, (own, other)) in [("a", "b"), ("b", "c"), ("c", "a")].into_iter().enumerate() {
        let own = folder.path().join(own);
        fs::create_dir(&own).unwrap();
        fs::write(own.join("x.json.gz"), log_file(&[login(at as u64)])).unwrap();
        for link in ["one", "two", "three"] {
            symlink(folder.path().join(other), own.join(link)).unwrap();
        }
    }
    let brief = brief_of(folder.path());
    assert_eq!(brief.findings.len(), 3);
    assert!(brief.run.files_read < 20, "{}", brief.run.files_read);
    assert!(brief.problems.iter().all(|problem| problem.reason.contains("another link leads")));
}

/// A name that shows nothing: the first bytes decide.
#[test]
fn a_file_without_a_known_ending_is_read_if_it_begins_like_a_log() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let utf16: Vec<u8> = login(3).to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("stream-1-2026-03-10-12-00-00-beef", &[log_file(&[login(1)]), log_file(&[login(2)])].concat());
    write("lines.log", format!("\n {}{}", login(4), login(5)).as_bytes());
    write("utf16.txt", &utf16);
    write("aws-logs-write-test", b"Permission Check Successful");
    write("empty", b"");
    write("README", &b"# Logs\n".repeat(1 << 10));
    write("event_history.csv", b"Event ID,Event name\n");
    let brief = brief_of(folder.path());
    assert_eq!(brief.findings.len(), 5, "{:?}", brief.problems);
    assert_eq!(brief.run.files_read, 3);
    assert_eq!(brief.problems, []);
    let skipped = [("files ending in .csv".to_owned(), 1), ("files without an ending".to_owned(), 3)];
    assert_eq!(brief.coverage.folders_skipped, skipped);
}

/// "Lost" is a number only where it is known.
#[test]
fn what_is_lost_is_a_number_only_where_it_is_known() {
    let shown = |name: &str, bytes: &[u8]| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(name), bytes).unwrap();
        render::text(&brief_of(folder.path()), TextStyle { width: 200, color: false })
    };
    let not_known = "how many records are lost is not known";
    let text = shown("result_1.csv.gz", &gzip(b"eventID,eventName\n1,CreateUser\n"));
    assert!(text.contains(&format!("1 file could not be read completely; {not_known}.")), "{text}");
    let text = shown("digest.json", br#"{"digestEndTime":"t","digestS3Object":"o"}"#);
    assert!(text.contains("no records are known to be lost") && !text.contains(not_known), "{text}");
    let text = shown("cut.json", br#"["{\"eventName\":","x"]"#);
    assert!(text.contains("at least 2 records lost") && !text.contains(not_known), "{text}");
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
