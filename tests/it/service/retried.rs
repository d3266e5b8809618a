//! Lambda repeats an invocation that died, under the same request id; and it may hand out an event twice.

use std::time::Duration;

use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};

use super::{
    athena::Fault,
    function::{Place, QUARTER, scheduled_run},
};
use crate::rig;

/// The state, once it satisfies the condition.
async fn state_once(bucket: &str, condition: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..600 {
        if let Ok(got) = rig::bucket(bucket).get(&"state/state/hourly.json".into()).await {
            let state = serde_json::from_slice(&got.bytes().await.unwrap()).unwrap();
            if condition(&state) {
                return state;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the state never became so");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_retry_of_a_killed_invocation_goes_on_at_once() {
    let place = Place::new("retried", "").await;
    let event = scheduled_run("2026-03-10T12:30:00Z");
    place.athena.fail(&[Fault::Stuck]);
    let killed = place.function();
    killed.hand_out(&event, QUARTER, Some("first"));
    let started = |state: &Value| state["open"]["executions"].as_object().is_some_and(|it| !it.is_empty());
    let state = state_once("own-retried", started).await;
    assert_eq!(state["lease"]["invocation"], "request-first");

    // A duplicate event is not an error while the first invocation works.
    let other = place.function();
    let run = "hourly-20260310T123000Z";
    let twice = other.invoke_as("second", &event, QUARTER).unwrap();
    assert_eq!(twice, json!({"run": run, "outcome": "under way"}));
    // The function's process is killed while its statement runs. Another request still waits for the lease to end.
    killed.end();
    assert_eq!(other.invoke_as("second", &event, QUARTER).unwrap()["outcome"], "under way");
    assert_eq!((place.mails().len(), place.athena.executions().len()), (0, 1));

    place.athena.unstick();
    let retry = place.function();
    assert_eq!(retry.invoke_as("first", &event, QUARTER).unwrap(), json!({"run": run, "outcome": "told"}));
    assert_eq!((place.mails().len(), place.athena.executions().len()), (1, 1), "once, and paid once");
    let state = place.state().await;
    assert_eq!((&state["open"], &state["lease"]), (&Value::Null, &Value::Null));
    assert_eq!(other.invoke_as("second", &event, QUARTER).unwrap()["outcome"], "already told");
    let log = other.end();
    assert!(log.iter().all(|line| line["level"] != "ERROR"), "{log:#?}");
}
