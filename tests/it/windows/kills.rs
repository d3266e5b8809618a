//! Processes of a schedule that are killed at random moments: nothing is lost, and nothing is reported twice.
//!
//! `TRAILBRIEF_TEST_KILLS` says how many must be hit (`.ci/kills 200`), `TRAILBRIEF_TEST_SEED` repeats a failure.

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::scheduled_runs::{SOUND, detection};
use crate::common::{base, gunzipped, log_file};

/// A detection that counts, so that windows overlap.
const COUNTS: &str = r#"-- ---
-- id = "test.sign-ins"
-- title = "Many sign-ins of root"
-- description = "Sign-ins of the root user, by hour."
-- severity = "high"
-- status = "stable"
-- packs = ["tiny"]
-- attack = ["TA0001:T1078.004"]
-- about = ["account_id", "first_seen"]
-- says = "root signed in to {account_id} {occurrences} times"
-- benign = ["announced"]
-- steps = ["ask"]
-- references = ["https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html"]
-- align = "1h"
-- ---
SELECT date_trunc('hour', CAST(from_iso8601_timestamp(eventtime) AS timestamp)) AS first_seen, max(eventtime) AS last_seen,
       count(*) AS occurrences, recipientaccountid AS account_id, min(awsregion) AS region, min(useridentity.arn) AS actor,
       slice(array_agg(eventid), 1, 20) AS event_ids, CAST(NULL AS varchar) AS action, CAST(NULL AS varchar) AS resource, min(sourceipaddress) AS source_ip
FROM events
WHERE eventsource = 'signin.amazonaws.com' AND eventname = 'ConsoleLogin' AND useridentity.type = 'Root'
GROUP BY 1, recipientaccountid
HAVING count(*) > 1
"#;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// Three sign-ins an hour; every fourth is delivered two hours late.
fn write_logs(folder: &Path, hours: u64) {
    for hour in 0..hours {
        for minute in [5, 20, 50] {
            let late = if (hour * 3 + minute) % 4 == 0 { 2 } else { 0 };
            let (day, of_day) = (10 + (hour + late) / 24, (hour + late) % 24);
            let mut login = base("console-login-root");
            let time = format!("2026-03-{:02}T{:02}:{minute:02}:00Z", 10 + hour / 24, hour % 24);
            login["eventTime"] = json!(time);
            login["eventID"] = json!(format!("{hour:08x}-{minute:04x}-4000-8000-000000000000"));
            let account = folder.join(format!("AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/{day:02}"));
            fs::create_dir_all(&account).unwrap();
            let name = format!(
                "123456789012_CloudTrail_us-east-1_202603{day:02}T{of_day:02}{:02}Z_{hour}.json.gz",
                minute + 5
            );
            fs::write(account.join(name), log_file(&[login])).unwrap();
        }
    }
}

/// The schedule's runs in a directory of their own.
struct Schedule {
    folder: tempfile::TempDir,
    logs: String,
}

impl Schedule {
    fn new(logs: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let detections = folder.path().join("detections/test");
        fs::create_dir_all(&detections).unwrap();
        fs::write(detections.join("root-login.sql"), detection(SOUND, "")).unwrap();
        fs::write(detections.join("sign-ins.sql"), COUNTS).unwrap();
        let config = "[library]\npaths = [\"detections\"]\n[state]\npath = \"kept\"\n\
                      [schedules.tiny]\npacks = [\"tiny\"]\nevery = \"1h\"\nlateness = \"3h\"\n";
        fs::write(folder.path().join("trailbrief.toml"), config).unwrap();
        Self { folder, logs: logs.display().to_string() }
    }

    /// Begins the run of an hour and kills it after this time, if it has not ended. Gives its exit code, unless it was killed.
    fn run(&self, hour: u64, kill_after: Option<Duration>) -> Option<i32> {
        let at = |minute: u64| format!("2026-03-{:02}T{:02}:{minute:02}:00Z", 10 + hour / 24, hour % 24);
        let mut child = Command::new(env!("CARGO_BIN_EXE_trailbrief"))
            .current_dir(self.folder.path())
            .args(["run", "--schedule", "tiny", "--logs", &self.logs, "--at", &at(10), "--now", &at(11)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        if let Some(time) = kill_after {
            // The sender sends nothing: this waits.
            let (_sender, receiver) = mpsc::channel::<()>();
            let _ = receiver.recv_timeout(time);
            child.kill().unwrap();
        }
        child.wait().unwrap().code()
    }

    /// How many processes in a row died while they held the state.
    fn deaths(&self) -> u64 {
        let state = fs::read(self.folder.path().join("kept/state/tiny.json")).unwrap_or_default();
        let lease =
            serde_json::from_slice::<Value>(&state).map(|state| state["lease"].clone()).unwrap_or_default();
        if lease.is_null() { 0 } else { lease["deaths"].as_u64().unwrap_or(0) + 1 }
    }

    /// What was reported as new or late, with how often; what the schedule remembers; files that were left behind.
    fn result(&self) -> (BTreeMap<String, u64>, Value, Vec<String>) {
        let kept = self.folder.path().join("kept");
        let names = |folder: &str| {
            let entries = fs::read_dir(kept.join(folder)).unwrap();
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
        };
        let mut reported = BTreeMap::new();
        for name in names("briefs/tiny").iter().filter(|name| name.ends_with(".json.gz")) {
            let text = gunzipped(&fs::read(kept.join("briefs/tiny").join(name)).unwrap());
            let brief: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(brief["coverage"]["skipped"], json!([]), "{name}");
            let findings = brief["findings"].as_array().unwrap().iter();
            for finding in findings.filter(|finding| finding["state"] != "repeated") {
                // A count that has grown is reported again, each time with its new number.
                let what = ["detection", "fingerprint", "occurrences"];
                *reported.entry(what.map(|key| finding[key].to_string()).join(" ")).or_default() += 1;
            }
        }
        let left = [names("state"), names("briefs/tiny")].concat();
        let left = left.into_iter().filter(|name| name.starts_with(".tmp")).collect();
        let state = serde_json::from_slice(&fs::read(kept.join("state/tiny.json")).unwrap()).unwrap();
        (reported, state, left)
    }
}

#[test]
fn killed_at_random_moments_a_schedule_loses_nothing_and_reports_nothing_twice() {
    let kills = number("TRAILBRIEF_TEST_KILLS", 10);
    let seed = number("TRAILBRIEF_TEST_SEED", u64::from(std::process::id()) + 1);
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    // Hours of March, from the 10th on.
    let most = (10 + kills).min(20 * 24);
    let logs = tempfile::tempdir().unwrap();
    write_logs(logs.path(), most + 1);

    let calm = Schedule::new(logs.path());
    let mut usual = Duration::MAX;
    for hour in 1..=2 {
        let began = Instant::now();
        assert_eq!(calm.run(hour, None), Some(0), "hour {hour}");
        usual = usual.min(began.elapsed());
    }

    let rough = Schedule::new(logs.path());
    let (mut hour, mut hit, mut missed) = (0, 0, 0);
    while hit < kills {
        hour += 1;
        assert!(hour < most, "seed {seed}: only {hit} of {kills} kills hit in {hour} runs of {usual:?}");
        let mut ended = false;
        for _ in 0..4.min(kills - hit) {
            let after = usual * u32::try_from(random.below(110)).unwrap() / 100;
            ended = rough.run(hour, Some(after)).is_some();
            if ended {
                break;
            }
            hit += 1;
        }
        // Now and then the run is not begun again: the next one has to make it good.
        let is_missed = !ended && hour % 5 == 0 && rough.deaths() < 2;
        missed += u64::from(is_missed);
        if !ended && !is_missed {
            assert_eq!(rough.run(hour, None), Some(0), "seed {seed}, hour {hour}");
        }
    }
    let hours = hour + 1;
    assert_eq!(rough.run(hours, None), Some(0), "seed {seed}, hour {hours}");
    for hour in 3..=hours {
        assert_eq!(calm.run(hour, None), Some(0), "hour {hour}");
    }
    let figures = format!("seed {seed}: {hit} kills in {hours} runs of {usual:?}, {missed} runs missed");
    eprintln!("{figures}");
    let ((expected, then, _), (reported, now, left)) = (calm.result(), rough.result());
    assert!(expected.len() as u64 >= 3 * (hours - 1), "{figures}");
    let events = |all: &BTreeMap<String, u64>| -> BTreeMap<String, u64> {
        all.iter()
            .filter(|(what, _)| what.contains("root-login"))
            .map(|(what, n)| (what.clone(), *n))
            .collect()
    };
    assert_eq!(events(&reported), events(&expected), "{figures}");
    assert!(reported.values().all(|times| *times == 1), "{figures}: {reported:#?}");
    for key in ["watermarks", "seen", "told", "open", "owed", "lease", "set_aside"] {
        assert_eq!(now[key], then[key], "{figures}: {key}");
    }
    assert_eq!(left, Vec::<String>::new(), "{figures}");
}
