//! Every shape of file in which CloudTrail records come.

use super::{gzip, read_all_ways};
use trailbrief::testing::engine::embedded::reader::Limits;

const A: &str = r#"{"eventVersion":"1.11","eventTime":"2026-03-01T10:00:00Z","eventName":"A","eventID":"1"}"#;
const B: &str = r#"{"eventVersion":"1.11","eventTime":"2026-03-01T10:00:01Z","eventName":"B","eventID":"2"}"#;

#[test]
fn shapes() {
    let escaped = |record: &str| serde_json::to_string(record).unwrap();
    let pretty = |text: &str| {
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(text).unwrap()).unwrap()
    };
    let envelope = format!(r#"{{"Records":[{A},{B}]}}"#);
    let wrapped = format!(
        r#"{{"version":"0","id":"x","detail-type":"AWS API Call via CloudTrail","source":"aws.s3","resources":[],"detail":{A}}}"#
    );
    let looked_up = format!(
        r#"{{"Events":[{{"EventId":"1","EventName":"x","Resources":[],"CloudTrailEvent":{}}},{{"CloudTrailEvent":{},"EventName":"y"}}],"NextToken":"t"}}"#,
        escaped(A),
        escaped(B)
    );
    let cases: &[(&str, String, &str)] = &[
        ("log file", envelope.clone(), "A B"),
        ("log file, pretty", pretty(&envelope), "A B"),
        ("log file, odd white space", format!(" \r\n{{ \"Records\"\t: [ {A}\n , {B} ] }}\n"), "A B"),
        ("no records", r#"{"Records":[]}"#.into(), ""),
        ("keys around Records", format!(r#"{{"a":{{"b":[1]}},"Records":[{A}],"c":"d","e":[{{}}]}}"#), "A"),
        ("key in another case", format!(r#"{{"records":[{A}]}}"#), "A"),
        ("key escaped", format!(r#"{{"\u0052ecords":[{A}]}}"#), "A"),
        ("Records twice", format!(r#"{{"Records":[{A}],"Records":[{B}]}}"#), "A B"),
        ("one record", A.into(), "A"),
        ("one record, pretty", pretty(A), "A"),
        ("bare array", format!("[{A},{B}]"), "A B"),
        ("array of log files", format!("[{envelope},{envelope}]"), "A B A B"),
        ("array of wrapped records", format!("[{wrapped},{B}]"), "A B"),
        ("a record a line", format!("{A}\n\n{B}\r\n\n"), "A B"),
        ("a record a line, with commas", format!("{A},\n{B},\n"), "A B"),
        ("log files in a row", format!("{envelope}{envelope}"), "A B A B"),
        ("a log file a line", format!("{envelope}\n{envelope}\n"), "A B A B"),
        ("byte order mark", format!("\u{feff}{envelope}"), "A B"),
        ("byte order mark in every part", format!("\u{feff}{envelope}\n\u{feff}{envelope}"), "A B A B"),
        ("lookup-events", looked_up.clone(), "A B"),
        ("lookup-events, pretty", pretty(&looked_up), "A B"),
        ("EventBridge", wrapped.clone(), "A"),
        ("EventBridge, one a line", format!("{wrapped}\n{wrapped}"), "A A"),
        ("lower-case keys", r#"{"eventname":"A","eventtime":"t"}"#.into(), "A"),
        ("record that mentions Records", r#"{"eventName":"A","records":[{"eventName":"x"}]}"#.into(), "A"),
        ("record without a name", r#"{"Records":[{"eventTime":"t"},{"a":1},{}]}"#.into(), "- - -"),
        ("null name", r#"{"eventName":null}"#.into(), "-"),
        ("the last of equal keys", r#"{"eventName":"x","eventname":"A"}"#.into(), "A"),
        ("insight with a name is a record", r#"{"eventName":"A","insightDetails":{}}"#.into(), "A"),
    ];
    for (case, text, wanted) in cases {
        for file in [text.clone().into_bytes(), gzip(text.as_bytes())] {
            let (names, stats) = read_all_ways(&file, Limits::default());
            assert_eq!(names.join(" "), *wanted, "{case}");
            assert!(stats.problems.is_empty(), "{case}: {:?}", stats.problems);
            assert_eq!(stats.inflated_bytes, text.len() as u64, "{case}");
        }
    }
}

#[test]
fn gzip_members_are_one_file() {
    let half = |text: &str| gzip(text.as_bytes());
    let cut = A.len() / 2;
    let members = [half("{\"Records\":["), half(&A[..cut]), half(&A[cut..]), half(""), half("]}")].concat();
    let padded = [&members[..], &[0; 512]].concat();
    for file in [members, padded] {
        let (names, stats) = read_all_ways(&file, Limits::default());
        assert_eq!((names.join(" "), stats.problems), ("A".into(), vec![]));
    }
}

#[test]
fn gzip_header_with_every_option() {
    let plain = gzip(A.as_bytes());
    let mut file = vec![0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3];
    file.extend_from_slice(&[3, 0, b'x', b'y', b'z']);
    file.extend_from_slice(b"name.json\0comment\0\x12\x34");
    file.extend_from_slice(&plain[10..]);
    let (names, stats) = read_all_ways(&file, Limits::default());
    assert_eq!((names.join(" "), stats.problems), ("A".into(), vec![]));
}
