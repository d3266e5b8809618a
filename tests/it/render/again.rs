//! A brief that was read from its JSON is rendered as it was.

use trailbrief::testing::{
    domain::brief::Brief,
    render::{self, TextStyle},
};

use super::{bad_day, daily, hostile, sample};

fn same(name: &str, brief: &Brief) {
    let json = render::json(brief);
    let again = render::read(&json).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(render::json(&again), json, "{name}");
    assert_eq!(render::csv(&again), render::csv(brief), "{name}");
    assert_eq!(render::slack(&again), render::slack(brief), "{name}");
    assert_eq!(render::html(&again).unwrap(), render::html(brief).unwrap(), "{name}");
    for width in [60, 200] {
        let style = TextStyle { width, color: true };
        assert_eq!(render::text(&again, style), render::text(brief, style), "{name}");
        assert_eq!(render::summary(&again, style), render::summary(brief, style), "{name}");
    }
}

#[test]
fn a_brief_that_was_read_from_its_json_is_rendered_as_it_was() {
    for (name, brief) in [
        ("small", sample::small()),
        ("empty", sample::empty()),
        ("failures", sample::failures_only()),
        ("daily", daily::daily()),
        ("hostile", hostile::hostile()),
        ("bad day", bad_day::large()),
    ] {
        same(name, &brief);
    }
}

#[test]
fn what_is_not_a_brief_is_named() {
    let json = render::json(&sample::small());
    for (from, to, says) in [
        ("\"schema_version\":1", "\"schema_version\":2", "it has `schema_version` 2"),
        ("\"schema_version\":1", "\"schema\":1", "its key `schema_version` is missing"),
        ("\"severity\":\"critical\"", "\"severity\":\"dire\"", "its key `severity` cannot be `\"dire\"`"),
        ("\"engine\":\"embedded\"", "\"engine\":7", "its key `engine` cannot be `7`"),
        ("\"findings\":[", "\"findings\":7,\"x\":[", "its key `findings` cannot be `7`"),
        ("{\"schema_version\"", "{{\"schema_version\"", "it is not JSON"),
    ] {
        assert!(json.contains(from), "{from}");
        let error = render::read(&json.replace(from, to)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}
