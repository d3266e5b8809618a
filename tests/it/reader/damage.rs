//! Every kind of damage: what is still delivered, and what is reported.

use super::{Pieces, column, gzip, names, read_all_ways};
use trailbrief::testing::engine::embedded::reader::{Flow, Input, Limits, Reader};

const A: &str = r#"{"eventVersion":"1.11","eventName":"A","requestParameters":{"x":"y"}}"#;
const B: &str = r#"{"eventVersion":"1.11","eventName":"B","requestParameters":null}"#;

/// What is wrong, the file, the names still delivered, the sentences with the records they cost.
type Case<'a> = (&'a str, Vec<u8>, &'a str, &'a [(&'a str, u64)]);

fn check(cases: &[Case<'_>], limits: Limits) {
    for (case, file, wanted, problems) in cases {
        let (names, stats) = read_all_ways(file, limits);
        let shown: Vec<_> =
            stats.problems.iter().map(|problem| (problem.reason.as_str(), problem.records)).collect();
        assert_eq!(shown, *problems, "{case}");
        assert_eq!(names.join(" "), *wanted, "{case}");
    }
}

/// A log file of these records.
fn log(records: &str) -> Vec<u8> {
    format!(r#"{{"Records":[{records}]}}"#).into_bytes()
}

/// A record `D` that is nested this deep.
fn deep(levels: usize) -> String {
    let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
    format!(r#"{{"eventName":"D","requestParameters":{open}{close}}}"#)
}

#[test]
fn files_that_are_not_json() {
    let cases: &[Case<'_>] = &[
        ("nothing", vec![], "", &[("the file is empty", 0)]),
        ("white space", b" \n\n".to_vec(), "", &[("the file is empty", 0)]),
        ("only a byte order mark", b"\xef\xbb\xbf".to_vec(), "", &[("the file is empty", 0)]),
        (
            "an HTML page",
            b"<html>\n{\"eventName\":\"x\"}\n</html>".to_vec(),
            "",
            &[("not JSON: starts with `<html>`: an error page?", 0)],
        ),
        (
            "an XML error",
            br#"<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>"#.to_vec(),
            "",
            &[("not JSON: starts with `<?xml version=\"1.0\"?><Er`: an error page?", 0)],
        ),
        (
            "text",
            b"AccessDenied: `no`\x1b".to_vec(),
            "",
            &[("not JSON: starts with `AccessDenied: ?no??`", 0)],
        ),
        ("another format", b"PAR1\x15\x04\x15".to_vec(), "", &[("not JSON: a Parquet file", 0)]),
        ("a scalar", b"12".to_vec(), "", &[("not JSON: starts with `12`", 0)]),
    ];
    check(cases, Limits::default());
}

#[test]
fn json_that_is_no_log() {
    let cases: &[Case<'_>] = &[
        (
            "an empty object",
            b"{}".to_vec(),
            "",
            &[("1 JSON object is neither a CloudTrail record nor a list of `Records`: starts with `{}`", 0)],
        ),
        ("Records of the wrong type", br#"{"Records":"x"}"#.to_vec(), "", &[("`Records` is a string, not an array", 0)]),
        ("Records null", br#"{"Records":null}"#.to_vec(), "", &[("`Records` is null, not an array", 0)]),
        (
            "Records an object",
            format!(r#"{{"Records":{A}}}"#).into_bytes(),
            "",
            &[("`Records` is an object, not an array", 1)],
        ),
        (
            "elements of the wrong type",
            log(&format!(r#"{A},"x",1,true,null,{B}"#)),
            "A B",
            &[("4 elements of the list of records: not an object but a string", 3)],
        ),
        (
            "other objects in an array",
            format!(r#"[{{"a":1}},{A},{{}}]"#).into_bytes(),
            "A",
            &[("2 objects without any field of a CloudTrail record", 0)],
        ),
        (
            "an EventBridge event of another kind",
            br#"{"detail-type":"EC2 Instance State-change Notification","detail":{"state":"running"}}"#.to_vec(),
            "",
            &[("1 object without any field of a CloudTrail record", 0)],
        ),
        (
            "insights",
            log(r#"{"eventVersion":"1.07","eventType":"AwsCloudTrailInsight","insightDetails":{}},{"eventTime":"t","eventCategory":"Insight"}"#),
            "",
            &[("2 CloudTrail Insights events: not records of API calls, passed over", 0)],
        ),
        (
            "a digest",
            br#"{"awsAccountId":"123456789012","digestStartTime":"t","digestEndTime":"t","digestS3Bucket":"b","logFiles":[]}"#.to_vec(),
            "",
            &[("a CloudTrail digest, not a log file: it holds no records", 0)],
        ),
    ];
    check(cases, Limits::default());
}

#[test]
fn json_that_is_cut_or_goes_on() {
    let cases: &[Case<'_>] = &[
        (
            "JSON cut in a record",
            log(&format!("{A},{B}"))[..100].to_vec(),
            "A",
            &[("JSON ends early after 1 record", 1)],
        ),
        (
            "JSON cut between records",
            log(A)[..12 + A.len()].to_vec(),
            "A",
            &[("JSON ends early after 1 record", 1)],
        ),
        (
            "JSON cut after the list",
            log(A)[..13 + A.len()].to_vec(),
            "A",
            &[("JSON ends early after 1 record", 0)],
        ),
        (
            "one of several log files cut between records",
            format!("{{\"Records\":[{A},\n{{\"Records\":[{B}]}}\n{{\"Records\":[{A}]}}").into_bytes(),
            "A B A",
            &[("JSON ends early after 3 records", 1)],
        ),
        (
            "text after the end",
            [&log(A)[..], b"\nConnection closed"].concat(),
            "A",
            &[("what follows the last record is not JSON: starts with `Connection closed`", 0)],
        ),
        (
            "a bracket after the end",
            [&log(A)[..], b"}"].concat(),
            "A",
            &[("what follows the last record is not JSON: starts with `}`", 0)],
        ),
    ];
    check(cases, Limits::default());
}

#[test]
fn damaged_records() {
    let cases: &[Case<'_>] = &[
        (
            "a wrapped text that is no record",
            br#"{"Events":[{"CloudTrailEvent":"{\"eventName\":"},{"CloudTrailEvent":"x"}]}"#.to_vec(),
            "",
            &[("2 records are not valid JSON, the first near byte 0 of the wrapped text", 2)],
        ),
        (
            "damaged lines",
            format!("{A}\n{{\"eventName\":\"x\nnot json\n{B}\n{{\"eventName\" 1}}\n{A}\n").into_bytes(),
            "A B A",
            &[("2 records are not valid JSON, the first near byte 85", 2)],
        ),
        (
            "damaged lines in a row",
            format!("{A}\n{{\"eventName\":\"x\n{{\"eventName\" 1}}\n{{}}}}\n{{\"eventName\":[}}\n{B}\n")
                .into_bytes(),
            "A B",
            &[("3 records are not valid JSON, the first near byte 85", 3)],
        ),
        (
            "lines that lack their end",
            format!("{{\"a\":[\n{A}\n{{\"eventName\":[\"x\",\n{B}\n").into_bytes(),
            "A B",
            &[("2 records are not valid JSON, the first near byte 0", 2)],
        ),
        (
            "many lines that lack their end",
            format!("{A}\n{}", format!("{{\"a\":[\n{B}\n").repeat(150)).into_bytes(),
            &format!("A{}", " B".repeat(150)),
            &[
                ("149 records are not valid JSON, the first near byte 149", 149),
                ("1 record is nested deeper than 128 levels; skipped", 1),
            ],
        ),
        (
            "a first line that is none",
            format!("time,record\n{A}\n").into_bytes(),
            "A",
            &[("1 record is not valid JSON, the first near byte 0", 1)],
        ),
        (
            "damaged elements",
            log(&format!(
                r#"{A},{{"eventName":x}},{B},{{"eventVersion":"1.11","eventName":"x,{A},{{"eventName" 1}},{B}"#
            )),
            "A B A B",
            &[("3 records are not valid JSON, the first near byte 96", 3)],
        ),
    ];
    check(cases, Limits::default());
}

#[test]
fn deep_records() {
    let cases: &[Case<'_>] = &[
        ("128 levels", log(&format!("{},{A}", deep(128))), "D A", &[]),
        (
            "129 levels",
            log(&format!("{},{A}", deep(129))),
            "A",
            &[("1 record is nested deeper than 128 levels; skipped", 1)],
        ),
        (
            "100,000 levels",
            log(&format!("{},{A}", deep(100_000))),
            "A",
            &[("1 record is nested deeper than 128 levels; skipped", 1)],
        ),
    ];
    check(cases, Limits::default());
}

#[test]
fn damaged_strings() {
    let cases: &[Case<'_>] = &[
        (
            "invalid UTF-8",
            [&b"{\"eventName\":\"A\xff\xfe\"}\n{\"eventName\":\"\xc3\"}\n"[..], B.as_bytes()].concat(),
            "A\u{fffd}\u{fffd} \u{fffd} B",
            &[("2 records hold invalid UTF-8; read with U+FFFD in its place", 0)],
        ),
        (
            "a line feed in a string",
            log("{\"eventName\":\"A\n\"}"),
            "",
            &[("1 record is not valid JSON, the first near byte 27", 1)],
        ),
    ];
    check(cases, Limits::default());
}

#[test]
fn gzip_streams() {
    let records = [A; 200].join(",");
    let log = format!(r#"{{"Records":[{records}]}}"#);
    let whole = gzip(log.as_bytes());
    let line = gzip(A.as_bytes());
    let changed = |at: usize, to: u8| {
        let mut file = line.clone();
        let at = if at < 100 { at } else { file.len() - (200 - at) };
        file[at] = to;
        file
    };
    let cases: &[Case<'_>] = &[
        ("of nothing", gzip(b""), "", &[("the file is empty", 0)]),
        ("only the magic", vec![0x1f, 0x8b], "", &[("gzip stream ends early after 0 records", 1)]),
        ("cut in the header", line[..7].to_vec(), "", &[("gzip stream ends early after 0 records", 1)]),
        (
            "cut in the trailer",
            line[..line.len() - 3].to_vec(),
            "A",
            &[("gzip stream ends early after 1 record", 1)],
        ),
        ("another method", changed(2, 7), "", &[("gzip stream is damaged after 0 records", 1)]),
        (
            "checksum",
            changed(192, 0),
            "A",
            &[("gzip checksum does not match: the 1 record read may be damaged", 0)],
        ),
        (
            "length",
            changed(199, 9),
            "A",
            &[("gzip checksum does not match: the 1 record read may be damaged", 0)],
        ),
        (
            "text after it",
            [&line[..], b"garbage"].concat(),
            "A",
            &[("bytes that are not gzip follow the gzip stream; not read", 0)],
        ),
        ("gzip in gzip", gzip(&line), "A", &[("compressed with gzip twice; read through both", 0)]),
        (
            "gzip in gzip, cut inside",
            gzip(&line[..line.len() - 4]),
            "A",
            &[
                ("compressed with gzip twice; read through both", 0),
                ("gzip stream ends early after 1 record", 1),
            ],
        ),
        (
            "gzip in gzip in gzip",
            gzip(&gzip(&line)),
            "",
            &[
                ("compressed with gzip twice; read through both", 0),
                ("compressed with gzip more than twice; not read", 1),
            ],
        ),
    ];
    check(cases, Limits::default());

    let (names, stats) = read_all_ways(&whole[..whole.len() - 60], Limits::default());
    assert!(names.len() > 20 && names.len() < 200, "{}", names.len());
    assert_eq!(stats.problems[0].reason, format!("gzip stream ends early after {} records", names.len()));
    assert_eq!(stats.problems.len(), 1);

    let mut file = whole.clone();
    let middle = file.len() - 60;
    file[middle..middle + 8].fill(0xff);
    let (_, stats) = read_all_ways(&file, Limits::default());
    assert!(!stats.problems.is_empty());
}

#[test]
fn limits() {
    let long = format!(r#"{{"eventName":"L","requestParameters":"{}"}}"#, "x".repeat(600_000));
    let limits = Limits { record_bytes: 1000, ..Limits::default() };
    let skipped: &[(&str, u64)] = &[("1 record is larger than 1000 bytes; skipped", 1)];
    let cases: &[Case<'_>] = &[
        ("in a log file", format!(r#"{{"Records":[{A},{long},{B}]}}"#).into_bytes(), "A B", skipped),
        ("a line", format!("{A}\n{long}\n{B}\n").into_bytes(), "A B", skipped),
        ("the last line", format!("{A}\n{long}").into_bytes(), "A", skipped),
        (
            "a line that lacks its end",
            format!("{A}\n{{\"a\":[\n{B}\n{long}").into_bytes(),
            "A B",
            &[("2 records are larger than 1000 bytes; skipped", 2)],
        ),
        (
            "without an end",
            format!("{A}\n{}", &long[..long.len() - 5]).into_bytes(),
            "A",
            &[("JSON ends early after 1 record", 0), skipped[0]],
        ),
        ("compressed", gzip(format!("{A}\n{long}\n{B}\n").as_bytes()), "A B", skipped),
    ];
    check(cases, limits);

    let hopeless = format!("{{\"Records\":[{}", "{\"eventVersion\" x".repeat(1000));
    let (_, stats) = read_all_ways(hopeless.as_bytes(), limits);
    assert_eq!(
        stats.problems.last().unwrap().reason,
        "so damaged that the rest was not read, from byte 1083 on"
    );

    let bomb = gzip(format!("{A}\n{}", " ".repeat(3_000_000)).as_bytes());
    let limits = Limits { file_bytes: 1_000_000, ..Limits::default() };
    let cases: &[Case<'_>] =
        &[("bomb", bomb, "A", &[("inflates to more than 1000000 bytes; reading stopped after 1 record", 1)])];
    check(cases, limits);
}

#[test]
fn a_stream_that_fails() {
    struct Failing<'a>(Pieces<'a>);
    impl std::io::Read for Failing<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            match self.0.read(out)? {
                0 => Err(std::io::Error::other("connection reset")),
                read => Ok(read),
            }
        }
    }
    let text = format!("{A}\n{B}\n{{");
    for file in [text.clone().into_bytes(), gzip(text.as_bytes())[..].to_vec()] {
        let cut = if file[0] == b'{' { file.len() } else { file.len() - 9 };
        let mut stream = Failing(Pieces { rest: &file[..cut], piece: 5 });
        let (_, stats) = names(&mut Reader::new(Limits::default()), Input::Stream(&mut stream));
        let reasons: Vec<_> = stats.problems.iter().map(|problem| problem.reason.as_str()).collect();
        assert!(reasons[0].ends_with("connection reset"), "{reasons:?}");
    }
}

#[test]
fn the_visitor_may_stop() {
    let text = [A; 10].join("\n");
    let mut seen = 0;
    let stats = Reader::new(Limits::default()).read(Input::Bytes(text.as_bytes()), &mut |record| {
        assert_eq!(record.text(column("eventname")).as_deref(), Some("A"));
        seen += 1;
        if seen == 3 { Flow::Stop } else { Flow::Continue }
    });
    assert_eq!((seen, stats.records, stats.problems.len()), (3, 3, 0));
}
