//! A day of hourly runs of the function, on an Athena where something goes wrong nearly every time, with files that arrive
//! late and twice: together they report what one run over the whole day's files reports, and each single event once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use futures::TryStreamExt as _;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use serde_json::Value;
use trailbrief::testing::{
    domain::time::{Span, Window},
    plan::Occasion,
};

use super::{
    athena::Fault,
    function::{Place, QUARTER, SECONDS, scheduled_run},
};
use crate::{
    common::gunzipped,
    deliver::server::{Server, answer},
    rig,
    windows::{self, month},
};

const HOURS: i64 = 24;

/// What goes wrong in an hour.
fn fault(hour: i64) -> Option<Fault> {
    match hour % 8 {
        1 => Some(Fault::Throttled),
        2 => Some(Fault::LostAnswer),
        3 => Some(Fault::FailsAgain),
        4 => Some(Fault::QueuedAgain),
        5 => Some(Fault::Stuck),
        6 => Some(Fault::Truncated),
        7 => Some(Fault::Fails),
        _ => None,
    }
}

/// The findings of the briefs that were kept: those of single events that were new or late, each with how often; and all.
async fn kept(bucket: &str) -> (BTreeMap<String, usize>, BTreeSet<String>) {
    let bucket = rig::bucket(bucket);
    let prefix = "state/briefs/hourly".into();
    let objects: Vec<_> = bucket.list(Some(&prefix)).try_collect().await.unwrap();
    let (mut single, mut all) = (BTreeMap::new(), BTreeSet::new());
    for object in objects.iter().filter(|object| object.location.as_ref().ends_with(".json.gz")) {
        let bytes = bucket.get(&object.location).await.unwrap().bytes().await.unwrap();
        let brief: Value = serde_json::from_str(&gunzipped(&bytes)).unwrap();
        for finding in brief["findings"].as_array().unwrap() {
            if finding["state"] == "repeated" {
                continue;
            }
            let text = |name: &str| finding[name].as_str().unwrap().to_owned();
            let identity = format!("{} {}", text("detection"), text("fingerprint"));
            if finding["event_id"].is_string() {
                *single.entry(identity.clone()).or_default() += 1;
            }
            all.insert(identity);
        }
    }
    (single, all)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_hourly_runs_on_a_bad_athena_reports_what_one_run_over_the_day_reports() {
    let place = Place::new("day", "").await;
    let config = place.folder.path().join("trailbrief.toml");
    let text = fs::read_to_string(&config).unwrap().replace(
        "database = \"db_day\"\n",
        "database = \"db_day\"\ntrail = \"account\"\nregions = [\"us-east-1\"]\n",
    );
    let accounts = "[[accounts]]\nid = \"123456789012\"\nname = \"payments\"\n";
    fs::write(&config, format!("{text}{}{accounts}", month::settings())).unwrap();
    let files = windows::delivered(&month::happenings(1, 40));
    let (start, end) = (windows::start(), windows::start().plus(Span::from_s(HOURS * 3_600)));
    let last = end.plus(Span::from_s(3 * 3_600));

    let all_files = files.clone();
    let whole = tokio::task::spawn_blocking(move || {
        let (app, source) = (crate::common::app(), windows::source(&all_files, last));
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let window = Window::new(start, end).unwrap();
        let job = windows::job(&app, &source, Occasion::OnDemand { window, delay: windows::DELAY });
        windows::identities(&windows::answer(&app, &runtime, job).brief)
    });
    let whole = whole.await.unwrap();
    assert!(whole.len() > 20, "{}", whole.len());

    let lambda = Server::start(&[answer(202, "")]);
    let function =
        place.function_in(place.folder.path(), &[("AWS_ENDPOINT_URL_LAMBDA", lambda.url.as_str())]);
    let logs = rig::bucket("logs-day");
    let mut delivered = BTreeSet::new();
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for hour in 1..=HOURS + 3 {
        let at = start.plus(Span::from_s(hour * 3_600));
        for (_, path, bytes) in files.iter().filter(|(time, ..)| *time <= at) {
            if delivered.insert(path.clone()) {
                logs.put(&path.as_str().into(), bytes.clone().into()).await.unwrap();
            }
        }
        let fault = if hour > HOURS { None } else { fault(hour) };
        place.athena.fail(fault.as_slice());
        let time = if fault == Some(Fault::Stuck) { SECONDS } else { QUARTER };
        let answer = function.invoke(&scheduled_run(&at.to_string()), time).unwrap();
        *outcomes.entry(answer["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
        place.athena.unstick();
    }
    assert_eq!(outcomes, [("open".to_owned(), 3), ("told".to_owned(), 24)].into());
    let (single, all) = kept("own-day").await;
    let missing: Vec<_> = whole.difference(&all).collect();
    let more: Vec<_> = all.difference(&whole).collect();
    assert!(missing.is_empty() && more.is_empty(), "missing: {missing:#?}, too many: {more:#?}");
    let twice: Vec<_> = single.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "reported twice: {twice:?}");
    let state = place.state().await;
    let ends: BTreeSet<String> =
        state["watermarks"].as_object().unwrap().values().map(ToString::to_string).collect();
    assert_eq!(ends, [format!("\"{last}\"")].into());
    assert_eq!((&state["open"], &state["owed"]), (&Value::Null, &Value::Null));
}
