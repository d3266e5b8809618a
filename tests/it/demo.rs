//! The sample organization: what was planted is there and found, and nothing else alarms.

mod reading;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use flate2::read::GzDecoder;
use serde_json::Value;
use trailbrief::testing::{
    app::App,
    demo::{self, Demo},
    domain::{
        brief::Brief,
        finding::Finding,
        severity::Severity,
        story::Story,
        time::{Span, Timestamp},
    },
    engine::embedded::{scan::Progress, source::Source},
    run::{self, Job, Logs},
};

const SEED: u64 = 20_260_310;

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// Every file below a directory, by its path from there.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = Vec::new();
    files(root, &mut found);
    found
        .into_iter()
        .map(|path| {
            (path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect()
}

/// The records of every log file; `None` for one that cannot be read to its end.
fn logs(tree: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&str, Option<Vec<Value>>> {
    let logs = tree.iter().filter(|(path, _)| path.contains("/CloudTrail/"));
    logs.map(|(path, bytes)| {
        let mut text = String::new();
        let whole = GzDecoder::new(bytes.as_slice()).read_to_string(&mut text);
        let records = whole.ok().map(|_| {
            let Value::Array(records) = serde_json::from_str::<Value>(&text).unwrap()["Records"].take()
            else {
                panic!("{path} holds no records")
            };
            records
        });
        (path.as_str(), records)
    })
    .collect()
}

/// The sample and its files, written once for the tests that only look at them.
fn sample() -> &'static (Demo, BTreeMap<String, Vec<u8>>) {
    static SAMPLE: LazyLock<(Demo, BTreeMap<String, Vec<u8>>)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let demo = demo::write(folder.path(), SEED).unwrap();
        let tree = tree(folder.path());
        (demo, tree)
    });
    &SAMPLE
}

fn planted_ids(demo: &Demo) -> BTreeSet<&str> {
    demo.attacks.iter().flat_map(|planted| &planted.event_ids).map(String::as_str).collect()
}

/// The whole library over the sample.
fn brief_of(demo: &Demo) -> Brief {
    let app = App::load(Some(&demo.config)).unwrap();
    let source = Source::open(&demo.logs.to_string_lossy()).unwrap();
    let job = Job::on_demand(
        demo.window,
        app.library.detections().collect(),
        Logs::Files(&source),
        demo.window.end(),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    runtime
        .block_on(run::run(
            &app.context,
            job,
            &Arc::new(Progress::default()),
            &mut trailbrief::testing::engine::ledger::NoLedger,
        ))
        .unwrap()
        .brief
}

/// The events that a finding names.
fn events(finding: &Finding) -> BTreeSet<&str> {
    finding.event_id.iter().chain(&finding.event_ids).map(|id| id.raw()).collect()
}

/// The events that a brief's story names or that its findings are about.
fn events_of_story<'a>(brief: &'a Brief, story: &'a Story) -> BTreeSet<&'a str> {
    let of_steps = story.steps.iter().flat_map(|step| &step.event_ids).map(|id| id.raw());
    let findings = brief.findings.iter().filter(|finding| story.findings.contains(&finding.fingerprint));
    of_steps.chain(findings.flat_map(events)).collect()
}

/// The sample and its brief, made once for the tests that only look at it.
fn briefed() -> &'static (Demo, Brief) {
    static BRIEFED: LazyLock<(Demo, Brief)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let demo = demo::write(folder.path(), SEED).unwrap();
        let brief = brief_of(&demo);
        (demo, brief)
    });
    &BRIEFED
}

#[test]
fn four_attacks_are_four_stories_on_top() {
    let (demo, brief) = briefed();
    let attacks = [
        ("phished admin in payments", "maria"),
        ("leaked CI key in web-shop", "ci-deploy"),
        ("insider in sandbox", "tomas"),
        ("root in management", "root user"),
    ];
    let top: BTreeSet<&str> = brief.stories[..4].iter().map(|story| story.person.raw()).collect();
    assert_eq!(top, attacks.iter().map(|(_, person)| *person).collect());
    for (name, person) in attacks {
        let story = brief.stories[..4].iter().find(|story| story.person.raw() == person).unwrap();
        let known = events_of_story(brief, story);
        let planted: BTreeSet<&str> = demo
            .attacks
            .iter()
            .filter(|planted| planted.story == name)
            .flat_map(|planted| planted.event_ids.iter().map(String::as_str))
            .collect();
        let missing: Vec<_> = planted.difference(&known).collect();
        assert!(missing.is_empty(), "{name} lacks {missing:?}");
        assert!(!story.left_behind.is_empty() && !story.do_now.is_empty(), "{name}");
    }
    let planted = planted_ids(demo);
    let noise: Vec<_> = brief
        .stories
        .iter()
        .filter(|story| story.severity > Severity::Low)
        .filter(|story| events_of_story(brief, story).is_disjoint(&planted))
        .map(|story| story.person.raw())
        .collect();
    assert!(noise.is_empty(), "noise is no story above low: {noise:?}");
    let all: Vec<_> = brief.stories.iter().flat_map(|story| &story.findings).collect();
    assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len(), "a finding belongs to one story");
}

#[test]
fn a_seed_writes_the_same_tree() {
    let [first, again, other] = [SEED, SEED, 7].map(|seed| {
        let folder = tempfile::tempdir().unwrap();
        let demo = demo::write(folder.path(), seed).unwrap();
        (tree(folder.path()), demo.attacks)
    });
    assert!(first == again);
    assert!(first != other);
}

#[test]
fn nobodys_files_are_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    demo::write(folder.path(), SEED).unwrap();
    demo::write(folder.path(), SEED).unwrap();
    assert!(demo::write(folder.path(), 7).is_err());
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("AWSLogs")).unwrap();
    assert!(demo::write(folder.path(), SEED).is_err());
}

#[test]
fn the_tree_is_like_a_real_one() {
    let (demo, tree) = sample();
    let logs = logs(tree);
    assert_eq!(logs.len() as u64, demo.files);
    assert!((15_000..=20_000).contains(&demo.events), "{} events", demo.events);
    assert_eq!(logs.values().filter(|records| records.is_none()).count(), 1, "one file is truncated");
    for kind in ["CloudTrail-Digest", "CloudTrail-Insight"] {
        assert_eq!(tree.keys().filter(|path| path.contains(&format!("/{kind}/"))).count(), 1, "{kind}");
    }

    let mut sizes: Vec<usize> = logs.values().flatten().map(Vec::len).collect();
    sizes.sort_unstable();
    assert!(sizes[sizes.len() / 2] < 12, "median {}", sizes[sizes.len() / 2]);

    let mut seen: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut twice, mut late, mut places) = (0, 0, BTreeSet::new());
    for (path, records) in &logs {
        let parts: Vec<&str> = path.split('/').collect();
        assert_eq!(parts[..2], ["AWSLogs", "o-exampleorgid"]);
        places.insert((parts[2], parts[4]));
        for record in records.iter().flatten() {
            let id = record["eventID"].as_str().unwrap();
            assert_eq!(record["recipientAccountId"], parts[2], "{path}");
            assert_eq!(record["awsRegion"], parts[4], "{path}");
            let day = format!("{}-{}-{}", parts[5], parts[6], parts[7]);
            let at = record["eventTime"].as_str().unwrap();
            assert!(at <= format!("{day}T99").as_str(), "{path} holds {at}");
            late += usize::from(day == "2026-03-11" && at < "2026-03-10T23:00");
            twice += usize::from(!seen.entry(id).or_default().insert(path));
        }
    }
    assert_eq!(places.len(), 6 * 4, "every account in every Region");
    assert!(late > 20, "{late} late");
    assert!((5..60).contains(&twice), "{twice} events twice in one file");
    let again = seen.values().filter(|paths| paths.len() == 2).count();
    assert!(again * 100 > seen.len() * 3, "{again} of {} events by two trails", seen.len());
    let stopped =
        demo.attacks.iter().find(|planted| planted.detection == "logging.cloudtrail-stopped").unwrap();
    let path = seen[stopped.event_ids[0].as_str()].first().unwrap();
    assert!(path.contains("/2026/03/11/"), "{path} holds an event of the minutes before midnight");
    for id in planted_ids(demo) {
        assert!(seen.contains_key(id), "{id} is planted and not in the tree");
    }
}

/// Account, Region, delivery time and unique part of a log file's name, each of the form that CloudTrail gives it.
fn name_parts(name: &str) -> Option<[&str; 4]> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.strip_suffix(".json.gz")?.split('_').collect();
    let [account, "CloudTrail", region, stamp, unique] = parts.as_slice() else { return None };
    let (day, minute) = stamp.strip_suffix('Z')?.split_once('T')?;
    let formed = account.len() == 12
        && digits(account)
        && (day.len(), minute.len()) == (8, 4)
        && digits(day)
        && digits(minute)
        && unique.len() == 16
        && unique.bytes().all(|byte| byte.is_ascii_alphanumeric());
    formed.then_some([*account, *region, *stamp, *unique])
}

#[test]
fn names_say_the_delivery_and_times_fill_the_window() {
    let (demo, tree) = sample();
    let mut unique_parts = BTreeSet::new();
    let (mut first, mut last) = (demo.window.end(), demo.window.start());
    let mut crossed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unordered = 0;
    for (path, records) in logs(tree) {
        let parts: Vec<&str> = path.split('/').collect();
        let [account, region, stamp, unique] = name_parts(parts[8]).unwrap_or_else(|| panic!("{path}"));
        assert_eq!([account, "CloudTrail", region], parts[2..5], "{path}");
        assert_eq!(stamp[..8], parts[5..8].concat(), "{path}");
        assert!(unique_parts.insert(unique), "{path}");
        let mut times = Vec::new();
        for record in records.iter().flatten() {
            let text = record["eventTime"].as_str().unwrap();
            let at: Timestamp = text.parse().unwrap();
            assert!(demo.window.contains(at), "{path} holds {at}");
            (first, last) = (first.min(at), last.max(at));
            // Minutes of delivery sort like minutes of events.
            let minute: String = text.chars().filter(|c| !"-:".contains(*c)).take(13).collect();
            assert!(minute.as_str() <= &stamp[..13], "{path} holds {at}");
            if minute[..8] != stamp[..8] && minute[9..] >= *"2345" {
                *crossed.entry(&stamp[..8]).or_default() += 1;
            }
            times.push(at);
        }
        unordered += usize::from(!times.is_sorted());
    }
    assert_eq!(first, demo.window.start(), "an event of the first second");
    assert_eq!(last, demo.window.end().minus(Span::from_s(1)), "an event of the last second");
    assert!(crossed.len() == 2 && crossed.values().all(|count| *count >= 5), "{crossed:?}");
    assert!(unordered > 100, "{unordered} files that are not in order");
}

#[test]
fn sessions_say_when_they_began() {
    let (_, tree) = sample();
    for (path, records) in logs(tree) {
        for record in records.iter().flatten() {
            let Some(attributes) = record.pointer("/userIdentity/sessionContext/attributes") else {
                continue;
            };
            let began = attributes["creationDate"].as_str().unwrap_or_else(|| panic!("{path}: {record}"));
            assert!(began <= record["eventTime"].as_str().unwrap(), "{path}: {record}");
        }
    }
}

#[test]
fn the_library_finds_what_was_planted_and_no_other_alarm() {
    let folder = tempfile::tempdir().unwrap();
    let demo = demo::write(folder.path(), SEED).unwrap();
    let tree = tree(folder.path());
    let brief = brief_of(&demo);
    assert_eq!(brief.failures, []);

    let truncated: Vec<&str> =
        logs(&tree).into_iter().filter(|(_, records)| records.is_none()).map(|(path, _)| path).collect();
    assert_eq!(brief.problems.len(), 1, "{:?}", brief.problems);
    assert!(truncated[0].ends_with(&brief.problems[0].file), "{:?} {truncated:?}", brief.problems);

    // What a narrower detection reports in its place counts as well.
    let of = |detection: &'static str| {
        let ids = move |finding: &&Finding| {
            let mut all = std::iter::once(&finding.detection).chain(&finding.replaces);
            all.any(|id| id.as_str() == detection)
        };
        brief.findings.iter().filter(ids)
    };
    let mut missed = Vec::new();
    for planted in &demo.attacks {
        let reported: BTreeSet<&str> = of(planted.detection).flat_map(events).collect();
        let mut own = of(planted.detection).filter(|finding| finding.detection.as_str() == planted.detection);
        let single = own.clone().count() > 0 && own.all(|finding| finding.event_id.is_some());
        let found = |id: &String| reported.contains(id.as_str());
        let enough =
            if single { planted.event_ids.iter().all(found) } else { planted.event_ids.iter().any(found) };
        if !enough {
            missed.push((planted.detection, planted.story));
        }
    }
    assert!(missed.is_empty(), "not found: {missed:#?}");
    let story_of = |detection: &str, story: &str| {
        demo.attacks.iter().any(|planted| planted.detection == detection && planted.story == story)
    };
    let with_mfa = "root in log-archive";
    assert!(story_of("iam.root-console-login", with_mfa));
    assert!(!story_of("iam.root-console-login-no-mfa", with_mfa));
    assert_eq!(
        of("iam.root-console-login-no-mfa").count(),
        1,
        "only one of two sign-ins of root is without MFA"
    );
    let actions: BTreeSet<&str> = of("network.security-group-open-admin-port")
        .filter_map(|finding| Some(finding.action.as_ref()?.raw()))
        .collect();
    assert!(actions.is_superset(&["AuthorizeSecurityGroupIngress", "ModifySecurityGroupRules"].into()));
    let planted: BTreeSet<&str> = demo.attacks.iter().map(|planted| planted.detection).collect();
    assert!(planted.len() >= 60, "only {} detections have something to find", planted.len());
    let unknown: Vec<_> =
        planted.iter().filter(|id| !brief.detections.keys().any(|known| known.as_str() == **id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");

    let false_alarms: Vec<_> = brief
        .findings
        .iter()
        .filter(|finding| finding.severity >= Severity::Medium)
        .filter(|finding| {
            let mut known =
                demo.attacks.iter().filter(|planted| planted.detection == finding.detection.as_str());
            !known.any(|planted| planted.event_ids.iter().any(|id| events(finding).contains(id.as_str())))
        })
        .map(|finding| (&finding.detection, &finding.says))
        .collect();
    assert!(false_alarms.is_empty(), "{false_alarms:#?}");

    let uses: Vec<u64> = brief.suppressions.iter().map(|used| used.matched).collect();
    assert!(uses[0] > 0 && uses[1] == 0 && uses[2] > 0, "{uses:?}");
    assert!(brief.coverage.accounts_silent.is_empty() && brief.coverage.accounts_unknown.is_empty());
    // The demo begins without a baseline.
    let idle: Vec<_> = brief
        .coverage
        .idle
        .iter()
        .filter(|(detection, _)| !detection.as_str().starts_with("first."))
        .collect();
    assert!(idle.is_empty(), "{idle:?}");
    assert!(brief.run.duplicates_dropped > 500, "{}", brief.run.duplicates_dropped);
}
