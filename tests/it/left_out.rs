//! Fields that CloudTrail left out of a record: its detections cannot judge the event, and say so.

use serde_json::{Value, json};

use crate::{
    common::{app, base},
    undecidable::{DAY, brief_of, numbers, source},
};

/// A field that CloudTrail left out is not the same as one that says nothing.
#[test]
fn a_field_that_was_left_out_makes_the_event_undecidable() {
    let app = app();
    let mark = json!({"omitted": true, "originalSize": 120_000, "reason": "requestParameters too large"});
    let changed = |name: &str, number: u64, parameters: Value| {
        let mut record = base(name);
        record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
        record["requestParameters"] = parameters;
        record
    };
    let mut answer = base("create-access-key");
    answer["eventID"] = json!("00000009-0000-4000-8000-000000000000");
    answer["additionalEventData"] = mark.clone();
    let records = [
        changed("create-access-key", 1, mark.clone()),
        changed("sg-authorize-ingress", 2, mark.clone()),
        changed("put-role-policy", 3, json!({"roleName": "app", "policyDocument": mark.clone()})),
        changed("s3-put-bucket-policy", 4, json!("{\"bucketName\":\"example-data\",\"bucketPolicy\":{\"Sta")),
        changed("cloudtrail-stop-logging", 5, mark),
        answer,
    ];
    let brief = brief_of(
        &app,
        &source(&[("a.json.gz", &records)]),
        &[
            "iam.access-key-created",
            "network.security-group-open-admin-port",
            "iam.admin-policy-granted",
            "s3.bucket-public",
            "iam.root-console-login",
        ],
        DAY,
    );
    assert_eq!(brief.failures, []);
    assert_eq!(numbers(&brief, "iam.access-key-created"), (vec![9], vec![1]), "nothing is made of NULL");
    assert_eq!(numbers(&brief, "network.security-group-open-admin-port"), (vec![], vec![2]));
    assert_eq!(numbers(&brief, "iam.admin-policy-granted"), (vec![], vec![3]));
    assert_eq!(numbers(&brief, "s3.bucket-public"), (vec![], vec![4]));
    let reason = |id: &str| {
        let event = brief.undecidable.iter().find(|it| it.detection.as_str() == id).unwrap();
        (event.event.reason.as_str(), event.event.file.as_deref().unwrap().ends_with("a.json.gz"))
    };
    let left_out = "CloudTrail left out requestParameters (over 100 KB)";
    assert_eq!(reason("network.security-group-open-admin-port"), (left_out, true));
    assert_eq!(reason("s3.bucket-public"), ("requestParameters is not a complete JSON document", true));
}
