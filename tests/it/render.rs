//! Snapshots of a small and an empty brief in every medium, and what must hold for any brief.

mod again;
mod bad_day;
mod daily;
pub mod hostile;
mod markup;
mod properties;
pub mod sample;
pub mod schema;
mod set_aside;
mod stories;
mod zones;

use trailbrief::testing::{
    domain::brief::Brief,
    render::{self, TextStyle},
};

fn text(brief: &Brief) -> String {
    render::text(brief, TextStyle::default())
}

fn pretty(json: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn a_small_brief() {
    let brief = sample::small();
    insta::assert_snapshot!("small.txt", text(&brief));
    insta::assert_snapshot!("small.html", render::html(&brief).unwrap());
    insta::assert_snapshot!("small.json", pretty(&render::json(&brief)));
    insta::assert_snapshot!("small.csv", render::csv(&brief));
    insta::assert_snapshot!("small.slack", pretty(&render::slack(&brief)));
}

#[test]
fn a_daily_brief() {
    let brief = daily::daily();
    insta::assert_snapshot!("daily.txt", text(&brief));
    insta::assert_snapshot!("daily.html", render::html(&brief).unwrap());
    insta::assert_snapshot!("daily.json", pretty(&render::json(&brief)));
    insta::assert_snapshot!("daily.slack", pretty(&render::slack(&brief)));
}

#[test]
fn an_empty_brief() {
    let brief = sample::empty();
    insta::assert_snapshot!("empty.txt", text(&brief));
    insta::assert_snapshot!("empty.html", render::html(&brief).unwrap());
    insta::assert_snapshot!("empty.json", pretty(&render::json(&brief)));
    insta::assert_snapshot!("empty.csv", render::csv(&brief));
    insta::assert_snapshot!("empty.slack", pretty(&render::slack(&brief)));
}
