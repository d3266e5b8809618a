//! What the function logs about its calls to services, where its log level asks for it.

use serde_json::{Value, json};

use super::function::{Place, QUARTER, scheduled_run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_carry_the_request_the_run_and_their_duration_and_no_address() {
    let place = Place::new("logged", "").await;
    let dead = ("HOOK", "http://127.0.0.1:1/services/sesame");
    let function = place.function_in(place.folder.path(), &[("AWS_LAMBDA_LOG_LEVEL", "DEBUG"), dead]);
    let refused = function.invoke(&scheduled_run("2026-03-10T12:30:00Z"), QUARTER).unwrap_err();
    assert_eq!(refused["errorType"], "Delivery", "{refused}");
    let log = function.end();
    for operation in [
        "organizations:DescribeOrganization",
        "organizations:ListAccounts",
        "glue:GetTable",
        "glue:CreateTable",
        "s3:ListObjectsV2",
        "s3:GetObject",
        "s3:PutObject",
        "state:save",
        "athena:StartQueryExecution",
        "athena:BatchGetQueryExecution",
        "ses:SendRawEmail",
    ] {
        let calls: Vec<&Value> = log.iter().filter(|line| line["operation"] == operation).collect();
        assert!(!calls.is_empty(), "{operation} is not logged");
        for call in calls {
            assert_eq!(call["level"], "DEBUG", "{call}");
            assert!(call["thing"].is_string() && call["duration_ms"].is_number(), "{call}");
            assert!(call["requestId"].as_str().unwrap().starts_with("request-1-"), "{call}");
            assert_eq!(call["run"], json!("hourly-20260310T123000Z"), "{call}");
            let sdk = !operation.starts_with("s3:") && !operation.starts_with("state:");
            assert_eq!(call["attempts"].is_number(), sdk, "{call}");
        }
    }
    let failure = log.iter().find(|line| line["level"] == "ERROR" && line["kind"] == "Delivery");
    assert!(failure.is_some(), "{log:#?}");
    assert!(log.iter().all(|line| !line.to_string().contains("sesame")), "{log:#?}");
}
