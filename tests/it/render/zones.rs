//! Times in the reader's zone: the same brief in UTC and in another zone.

use serde_json::Value;
use trailbrief::testing::{
    domain::brief::Brief,
    render::{self, TextStyle},
};

use super::{daily, hostile, sample};

/// The daily brief with its times in a zone.
fn in_zone(zone: &str) -> Brief {
    let mut brief = daily::daily();
    brief.run.zone = zone.parse().unwrap();
    brief
}

fn text(brief: &Brief) -> String {
    render::text(brief, TextStyle { width: 200, color: false })
}

#[test]
fn people_read_times_in_their_zone_with_its_name_and_utc_beside_what_others_hang_on() {
    let (brief, utc) = (in_zone("Europe/Zurich"), in_zone("UTC"));
    let shown = text(&brief);
    for line in [
        "2026-03-10 01:00 \u{2013} 2026-03-11 01:00 CET (2026-03-10 00:00 \u{2013} 2026-03-11 00:00 UTC)",
        "03-10 05:12 \u{2013} 05:40 CET (04:12 UTC)",
        "last file 2026-03-10 13:25 CET",
        "Since 03-10 01:00:00 CET",
        "log files until 2026-03-11 01:10 CET were read",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    let glued = shown.split("CET").skip(1).find(|rest| rest.starts_with(char::is_alphanumeric));
    assert_eq!(glued, None, "a time ends before the next word");
    let html = render::html(&brief).unwrap();
    assert!(
        html.contains("01:00 CET (2026-03-10 00:00") && html.contains("05:12 – 05:40 CET (04:12 UTC)"),
        "{html}"
    );
    let slack = render::slack(&brief);
    assert!(slack.contains("2026-03-11 01:00 CET (2026-03-10 00:00"), "{slack}");
    // A long headline leaves no room for the window.
    let subject =
        |zone| render::message(&Brief { run: in_zone(zone).run, ..sample::empty() }).unwrap().subject;
    assert!(subject("Europe/Zurich").ends_with(", 2026-03-10 UTC"), "{}", subject("Europe/Zurich"));
    assert!(subject("UTC").ends_with(", 2026-03-10"));
    assert!(!text(&utc).contains("CET"));
}

#[test]
fn programs_read_times_in_utc_whatever_the_zone() {
    let (brief, utc) = (in_zone("Asia/Kolkata"), in_zone("UTC"));
    assert_eq!(render::csv(&brief), render::csv(&utc));
    let json = |brief: &Brief| serde_json::from_str::<Value>(&render::json(brief)).unwrap();
    let (mut one, other) = (json(&brief), json(&utc));
    assert_eq!(one["run"]["timezone"], "Asia/Kolkata");
    one["run"]["timezone"] = other["run"]["timezone"].clone();
    // The headline is a text for people.
    assert_eq!(one, other);
    let again = render::read(&render::json(&brief)).unwrap();
    assert_eq!(text(&again), text(&brief), "an archived brief is shown as it was");
    let before = render::json(&utc).replace(",\"timezone\":\"UTC\"", "");
    assert_eq!(text(&render::read(&before).unwrap()), text(&utc), "one of an older program");
}

#[test]
fn another_zone_makes_no_line_much_longer_and_stays_within_the_limits_of_media() {
    let widest = |brief: &Brief| {
        let text = render::text(brief, TextStyle::default());
        text.lines().map(|line| line.chars().count()).max().unwrap()
    };
    for make in [daily::daily, hostile::hostile] {
        let utc = make();
        let mut brief = make();
        brief.run.zone = "America/Argentina/ComodRivadavia".parse().unwrap();
        assert!(widest(&brief) <= widest(&utc).max(78));
        let html = render::html(&brief).unwrap().len();
        assert!(html < 96 * 1024, "{html}");
    }
}
