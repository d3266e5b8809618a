//! Tests of instants, spans and windows at their edges.

use super::*;

#[test]
fn a_text_that_is_almost_an_instant_is_none() {
    let good = "2026-03-10T12:34:56Z";
    assert_eq!(Timestamp::parse_iso(good), Some(Timestamp(1_773_146_096)));
    // One character changed at every place: none of the separators may be another, nor a digit a letter.
    for at in 0..good.len() {
        let text = format!("{}x{}", &good[..at], &good[at + 1..]);
        assert_eq!(Timestamp::parse_iso(&text), None, "{text}");
    }
    for (text, seconds) in [
        ("2026-03-10T23:59:59Z", Some(1_773_187_199)),
        ("2026-03-10T24:00:00Z", None),
        ("2026-03-10T23:60:00Z", None),
        // A leap second is the second before it.
        ("2026-03-10T23:59:60Z", Some(1_773_187_199)),
        ("2026-03-10T23:59:61Z", None),
        ("1970-01-01T00:00:00Z", Some(0)),
        ("1969-12-31T23:59:59Z", Some(-1)),
        ("2024-02-29T00:00:01Z", Some(1_709_164_801)),
        ("2026-02-29T00:00:00Z", None),
    ] {
        assert_eq!(Timestamp::parse_iso(text), seconds.map(Timestamp), "{text}");
    }
}

#[test]
fn an_instant_moves_and_stops_at_the_ends_of_time() {
    let instant = Timestamp(1_000);
    assert_eq!((instant.plus(Span(5)), instant.minus(Span(5))), (Timestamp(1_005), Timestamp(995)));
    assert_eq!(Timestamp(i64::MAX).plus(Span::DAY), Timestamp(i64::MAX));
    assert_eq!(Timestamp(i64::MIN).minus(Span::DAY), Timestamp(i64::MIN));
    assert_eq!((instant.floor(Span::ZERO), instant.floor(Span(300))), (instant, Timestamp(900)));
    assert_eq!((instant.unix_s(), instant.to_utc().timestamp()), (1_000, 1_000));
    assert_eq!(Timestamp(i64::MAX).to_utc().timestamp(), 0);
    assert_eq!(Timestamp(i64::MAX).to_string(), "@9223372036854775807s");
}

#[test]
fn a_date_is_its_midnight_and_a_day_has_a_path() {
    let midnight: Timestamp = "2026-03-10".parse().unwrap();
    assert_eq!(midnight.to_string(), "2026-03-10T00:00:00Z");
    assert_eq!(midnight.minus(Span(1)).day().path(), "2026/03/09");
    let day = Day::from_ymd(2026, 3, 10).unwrap();
    assert_eq!((midnight.day(), day.start(), day.path()), (day, midnight, "2026/03/10".to_owned()));
    assert_eq!(day.to_string(), "2026-03-10");
    assert_eq!((day.next().path(), day.next().start()), ("2026/03/11".to_owned(), midnight.plus(Span::DAY)));
    assert_eq!((day, Day(i64::MAX).path()), (Day(20_522), String::new()));
    assert_eq!((Day::from_ymd(1970, 1, 1), Day::from_ymd(2026, 2, 29)), (Some(Day(0)), None));
    for date in ["0000-01-01", "9999-12-31"] {
        assert!(date.parse::<Timestamp>().is_ok(), "{date}");
    }
}

#[test]
fn a_span_has_one_unit() {
    for (text, seconds) in [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800), (" 2w ", 1_209_600)]
    {
        assert_eq!(text.parse::<Span>().map(Span::seconds), Ok(seconds), "{text}");
    }
    for (seconds, text) in
        [(0, "0s"), (90, "90s"), (900, "15m"), (3_600, "1h"), (172_800, "2d"), (3_601, "3601s")]
    {
        assert_eq!(Span(seconds).to_string(), text);
    }
    for bad in ["", "s", "1", "1y", "-1s", "+1s", "1.5h", "1 h"] {
        let message = bad.parse::<Span>().unwrap_err().to_string();
        assert!(message.ends_with("or `2w`"), "{message}");
    }
    assert_eq!((Span::from_s(-1), Span::from_s(1)), (Span::ZERO, Span(1)));
}

#[test]
fn a_window_holds_its_start_and_not_its_end() {
    let window = |start, end| Window::new(Timestamp(start), Timestamp(end)).unwrap();
    let one = window(10, 20);
    let held: Vec<i64> = (8..23).filter(|second| one.contains(Timestamp(*second))).collect();
    assert_eq!(held, (10..20).collect::<Vec<_>>());
    assert_eq!((one.start(), one.end(), one.span()), (Timestamp(10), Timestamp(20), Span(10)));
    assert_eq!((one.starting_by(Timestamp(5)), one.starting_by(Timestamp(15))), (window(5, 20), one));
    assert_eq!((one.union(window(0, 5)), one.union(window(12, 30))), (window(0, 20), window(10, 30)));
    assert_eq!(one.to_string(), "1970-01-01T00:00:10Z … 1970-01-01T00:00:20Z");
    assert_eq!(one.halves(), Some([window(10, 15), window(15, 20)]));
    assert_eq!(
        (window(10, 13).halves(), window(10, 11).halves()),
        (Some([window(10, 11), window(11, 13)]), None)
    );
    let empty = Window::new(Timestamp(20), Timestamp(10)).unwrap_err();
    assert_eq!((empty.start, empty.end), (Timestamp(20), Timestamp(10)));
}
