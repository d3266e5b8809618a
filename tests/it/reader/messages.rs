//! Records inside the messages of other services: which are read, and what is reported of the others.

use super::{gzip, read_all_ways};
use trailbrief::testing::engine::embedded::reader::{FileStats, Limits};

const A: &str = r#"{"eventVersion": "1.11", "eventName": "A", "requestParameters": {"x": "y"}}"#;
const B: &str = r#"{"eventVersion":"1.11","eventName":"B","requestParameters":null}"#;

/// A JSON string with this content.
fn text(content: &str) -> String {
    serde_json::Value::from(content).to_string()
}

/// An EventBridge event.
fn event(record: &str) -> String {
    format!(r#"{{"version":"0","id":"i","detail-type":"AWS API Call via CloudTrail","detail":{record}}}"#)
}

/// An SNS envelope.
fn sns(content: &str) -> String {
    format!(r#"{{"Type":"Notification","MessageId":"m","Message":{}}}"#, text(content))
}

/// An object of a CloudWatch Logs subscription.
fn subscription(kind: &str, messages: &[&str]) -> String {
    let event =
        |message: &&str| format!(r#"{{"id":"1","timestamp":1773144000000,"message":{}}}"#, text(message));
    let events: Vec<String> = messages.iter().map(event).collect();
    format!(
        r#"{{"messageType":"{kind}","owner":"123456789012","logEvents":[{}],"logStream":"s"}}"#,
        events.join(",")
    )
}

/// An S3 notification about a new object.
fn notification() -> String {
    r#"{"eventVersion":"2.1","eventSource":"aws:s3","eventTime":"t","eventName":"ObjectCreated:Put","s3":{}}"#
        .into()
}

/// A text in UTF-16.
fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

/// What is wrong, with the lost records; `?` if more may be lost.
fn problems(stats: &FileStats) -> Vec<String> {
    let more = |uncounted| if uncounted { "?" } else { "" };
    stats
        .problems
        .iter()
        .map(|problem| format!("{} [{}{}]", problem.reason, problem.records, more(problem.uncounted)))
        .collect()
}

fn check(cases: &[(&str, String, &str, &[&str])]) {
    for (case, file, wanted, wrong) in cases {
        for bytes in [file.clone().into_bytes(), gzip(file.as_bytes())] {
            let (names, stats) = read_all_ways(&bytes, Limits::default());
            assert_eq!(names.join(" "), *wanted, "{case}");
            assert_eq!(problems(&stats), *wrong, "{case}");
        }
    }
}

#[test]
fn messages_of_other_services_are_read() {
    let log_file = format!(r#"{{"Records":[{A},{B}]}}"#);
    let data = subscription("DATA_MESSAGE", &[A, B]);
    let sqs = |content: &str| format!(r#"{{"Messages":[{{"MessageId":"m","Body":{}}}]}}"#, text(content));
    let lambda = |content: &str| {
        format!(r#"{{"Records":[{{"messageId":"m","body":{},"eventSource":"aws:sqs"}}]}}"#, text(content))
    };
    check(&[
        ("subscription", data.clone(), "A B", &[]),
        ("subscriptions in a row", format!("{data}{data}"), "A B A B", &[]),
        (
            "subscription's test",
            subscription("CONTROL_MESSAGE", &["CWL CONTROL MESSAGE: Checking health"]),
            "",
            &[],
        ),
        (
            "filter-log-events",
            format!(r#"{{"events":[{{"message":{},"eventId":"3"}}],"searchedLogStreams":[]}}"#, text(A)),
            "A",
            &[],
        ),
        ("export task", format!("2026-03-10T12:00:00.000Z {A}\n2026-03-10T12:00:01.000Z {B}\n"), "A B", &[]),
        (
            "logs tail",
            format!("2026-03-10T12:00:00.000000+00:00 123456789012_CloudTrail_us-east-1 {A}\n"),
            "A",
            &[],
        ),
        ("EventBridge events in a row", [event(A), event(B)].concat(), "A B", &[]),
        ("EventBridge, detail as text", event(&text(A)), "A", &[]),
        ("SNS", sns(&event(A)), "A", &[]),
        ("SNS of a log file", sns(&log_file), "A B", &[]),
        ("SQS", sqs(&event(A)), "A", &[]),
        ("SQS of SNS of EventBridge", sqs(&sns(&event(A))), "A", &[]),
        ("Lambda, SQS of SNS of a log file", lambda(&sns(&log_file)), "A B", &[]),
        (
            "Lambda, SNS",
            format!(r#"{{"Records":[{{"EventSource":"aws:sns","Sns":{}}}]}}"#, sns(&event(A))),
            "A",
            &[],
        ),
        ("array of CloudTrailEvent", format!("[{}, {}]", text(A), text(B)), "A B", &[]),
        ("CloudTrailEvent a line", format!("{}\n{}\n", text(A), text(B)), "A B", &[]),
        ("CloudTrailEvent, tabs", format!("{A}\t{B}\n"), "A B", &[]),
        ("log files in a list", format!(r#"{{"Records":[{log_file},{log_file}]}}"#), "A B A B", &[]),
        ("arrays in an array", format!("[[{A},{B}],[{A}]]"), "A B A", &[]),
        ("an array in Records", format!(r#"{{"Records":[[{A}],{B}]}}"#), "A B", &[]),
        ("Records as text", format!(r#"{{"Records":{}}}"#, text(&format!("[{A},{B}]"))), "A B", &[]),
        ("a log file as text", text(&log_file), "A B", &[]),
    ]);
}

#[test]
fn messages_that_hold_no_record_are_reported() {
    let data = |messages: &[&str]| subscription("DATA_MESSAGE", messages);
    let s3 = format!(r#"{{"Records":[{}]}}"#, notification());
    let mut deep = A.to_owned();
    for _ in 0..8 {
        deep = sns(&deep);
    }
    check(&[
        (
            "S3 notifications",
            format!(r#"{{"Records":[{},{A},{}]}}"#, notification(), notification()),
            "A",
            &["2 notifications of another service (`aws:s3`), not CloudTrail records: passed over [0]"],
        ),
        (
            "S3 notification in SNS",
            sns(&s3),
            "",
            &["1 notification of another service (`aws:s3`), not CloudTrail records: passed over [0]"],
        ),
        (
            "CloudTrail's own notification",
            sns(r#"{"s3Bucket":"b","s3ObjectKey":["k"]}"#),
            "",
            &["1 object without any field of a CloudTrail record [0]"],
        ),
        (
            "another log's lines",
            data(&["START RequestId: 1", A, "END"]),
            "A",
            &[
                "2 messages hold a text that is not JSON, so no CloudTrail record: starts with `START RequestId: 1` [0]",
            ],
        ),
        (
            "broken texts",
            data(&[&A[..40], A, "{}}"]),
            "A",
            &[
                "what follows the last record is not JSON: starts with `}` [0?]",
                "1 object without any field of a CloudTrail record [0]",
                "1 record is not valid JSON, the first near byte 0 of the wrapped text [1]",
            ],
        ),
        (
            "broken texts in an array",
            format!("[{},{},\"x\"]", text(&A[..40]), text(A)),
            "A",
            &[
                "1 element of the list of records: not an object but a string [1]",
                "1 record is not valid JSON, the first near byte 0 of the wrapped text [1]",
            ],
        ),
        (
            "a log file cut in a text",
            sns(&format!(r#"{{"Records":[{A},{{"eventName":"#)),
            "A",
            &["1 record is not valid JSON, the first near byte 88 of the wrapped text [1]"],
        ),
        (
            "too many messages in one another",
            deep,
            "",
            &["1 message lies inside more than 6 others; not read [1?]"],
        ),
    ]);
}

#[test]
fn messages_in_base64_are_reported() {
    check(&[
        (
            "compressed messages",
            r#"{"Messages":[{"Body":"H4sIAAAAAAAA"}]}"#.into(),
            "",
            &["1 message is encoded in base64, which is not read [0?]"],
        ),
        (
            "Kinesis",
            r#"{"Records":[{"eventSource":"aws:kinesis","eventName":"aws:kinesis:record","kinesis":{"data":"eA=="}}]}"#.into(),
            "",
            &["1 message is encoded in base64, which is not read [0?]"],
        ),
        (
            "Kinesis, get-records",
            r#"{"Records":[{"SequenceNumber":"1","Data":"eA==","PartitionKey":"p"}],"MillisBehindLatest":0}"#.into(),
            "",
            &["1 message is encoded in base64, which is not read [0?]"],
        ),
        (
            "Lambda, subscription",
            r#"{"awslogs":{"data":"H4sIAAAAAAAA"}}"#.into(),
            "",
            &["1 message is encoded in base64, which is not read [0?]"],
        ),
    ]);
}

#[test]
fn utf16_is_read() {
    let lines = format!("{A}\r\n{}\r\n", B.replace("null", "\"é€😀\""));
    for mark in ["\u{feff}", ""] {
        let text = format!("{mark}{lines}");
        for bytes in [utf16(&text, u16::to_le_bytes), utf16(&text, u16::to_be_bytes)] {
            for file in [bytes.clone(), gzip(&bytes)] {
                let (names, stats) = read_all_ways(&file, Limits::default());
                assert_eq!((names.join(" "), problems(&stats)), ("A B".into(), vec![]));
                assert_eq!(stats.inflated_bytes, text.len() as u64);
            }
        }
    }
    let half = utf16(&lines, u16::to_le_bytes);
    let (names, stats) = read_all_ways(&half[..half.len() - 61], Limits::default());
    assert_eq!(
        (names.join(" "), problems(&stats)),
        ("A".into(), vec!["JSON ends early after 1 record [1?]".into()])
    );
}

#[test]
fn an_identity_as_text_is_read_or_reported() {
    let record = |identity: &str| format!(r#"{{"eventName":"A","userIdentity":{identity}}}"#);
    let packed = text(r#"{"type":"Root","sessionContext":{"attributes":{}}}"#);
    let odd = text("{Root}");
    let printed = text("{type=Root, arn=x}");
    check(&[
        ("JSON", record(&packed), "A", &[]),
        ("a struct as Athena prints it", record(&printed), "A", &[]),
        ("empty", record("\"\""), "A", &[]),
        (
            "no JSON",
            format!(r#"{{"Records":[{},{},{}]}}"#, record(&odd), record(&packed), record("\"root\"")),
            "A A A",
            &["userIdentity of 2 records is a text, not an object [0]"],
        ),
    ]);
}

/// What nests is bounded, whatever it nests.
#[test]
fn lists_in_lists_are_bounded() {
    let (names, stats) = read_all_ways("[".repeat(1 << 20).as_bytes(), Limits::default());
    assert!(names.is_empty());
    assert_eq!(
        problems(&stats),
        [
            "JSON ends early after 0 records [1?]".to_owned(),
            "1 element of the list of records: not an object but an array [1]".to_owned()
        ]
    );
    let cut = format!("{{\"Records\":[{A},\n").repeat(50);
    let (names, stats) = read_all_ways(cut.as_bytes(), Limits::default());
    assert_eq!(names.len(), 50);
    assert_eq!(problems(&stats), ["JSON ends early after 50 records [50?]"]);
}

/// Each text inside another is held beside it, so together they are bounded as well.
#[test]
fn texts_inside_texts_are_bounded_together() {
    let limits = Limits { record_bytes: 1000, ..Limits::default() };
    let record = format!(r#"{{"eventName":"A","requestParameters":"{}"}}"#, "x".repeat(600));
    let twice = sns(&sns(&record));
    let (names, stats) = read_all_ways(twice.as_bytes(), limits);
    assert_eq!((names.join(" "), problems(&stats)), ("A".into(), vec![]));
    let thrice = sns(&twice);
    assert!(thrice.len() <= 1000, "{}", thrice.len());
    let (names, stats) = read_all_ways(thrice.as_bytes(), limits);
    assert_eq!(names, [""; 0]);
    assert_eq!(problems(&stats), ["1 record is larger than 1000 bytes; skipped [1]"]);
}
