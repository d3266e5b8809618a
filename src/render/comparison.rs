//! What differs between two briefs, in words and as JSON.

use serde::Serialize;

use super::{
    TextStyle,
    clean::Line,
    clock::Clock,
    json::{FindingV1, UndoneV1, WindowV1},
    text::{Ink, TextPage},
    view, words,
};
use crate::domain::{
    brief::Brief,
    comparison::{Comparison, Gone, Grown},
    finding::Finding,
    story::Story,
};

/// The most entries of each list in the text.
const MOST: usize = 30;
/// The longest entry of a list in the text, in characters.
const LONGEST: usize = 240;

/// The differences as text.
pub(super) fn text(before: &Brief, after: &Brief, found: &Comparison<'_>, style: TextStyle) -> String {
    let mut page = TextPage::new(style);
    let clock = Clock::of(after);
    for (word, brief) in [("From  ", before), ("To    ", after)] {
        let window = Clock::of(brief).window(brief.run.window);
        page.hang(
            word,
            &format!("{}, which searched {window}", Line::new(&brief.run.id)),
            Ink::Dim,
            Ink::Strong,
        );
    }
    let stories = |stories: &[&Story]| {
        stories.iter().map(|story| (story.severity.as_str(), title(story))).collect::<Vec<_>>()
    };
    list(&mut page, "NEW STORIES", &stories(&found.new));
    let grown: Vec<_> = found.grown.iter().map(|it| (it.story.severity.as_str(), grown(it))).collect();
    list(&mut page, "STORIES THAT HAVE GROWN", &grown);
    list(&mut page, "STORIES THAT ARE QUIET NOW", &stories(&found.quiet));
    let undone: Vec<_> =
        found.undone.iter().map(|it| (it.severity.as_str(), view::undone(it, clock))).collect();
    list(&mut page, "UNDONE", &undone);
    let new: Vec<_> =
        found.new_findings.iter().map(|it| (it.severity.as_str(), finding(it, clock))).collect();
    list(&mut page, "NEW FINDINGS", &new);
    let gone: Vec<_> =
        found.gone_findings.iter().map(|it| (it.finding.severity.as_str(), gone(it, clock))).collect();
    list(&mut page, "FINDINGS THAT ARE GONE", &gone);
    page.gap();
    let same = format!(
        "{} and {} are the same in both.",
        words::count_of(found.unchanged, "story", "stories"),
        words::count(found.same_findings, "finding")
    );
    let nothing = if found.is_empty() { "Nothing differs. " } else { "" };
    page.block(0, &format!("{nothing}{same}"), Ink::Plain);
    page.finish()
}

fn list(page: &mut TextPage, heading: &str, entries: &[(&'static str, String)]) {
    if entries.is_empty() {
        return;
    }
    page.gap();
    page.heading(heading, &words::number(entries.len() as u64), Ink::Strong);
    for (severity, entry) in entries.iter().take(MOST) {
        page.hang(
            &format!("  {severity:<10}"),
            Line::short(entry, LONGEST).as_str(),
            Ink::soft(severity),
            Ink::Plain,
        );
    }
    if entries.len() > MOST {
        let more = words::number((entries.len() - MOST) as u64);
        page.block(2, &format!("{more} more: `--format json` has all"), Ink::Dim);
    }
}

fn title(story: &Story) -> String {
    view::sentence(story, LONGEST).to_string()
}

fn grown(grown: &Grown<'_>) -> String {
    let mut how = Vec::new();
    if grown.findings > 0 {
        how.push(format!("{} more", words::count(grown.findings, "finding")));
    }
    if grown.story.severity > grown.before {
        how.push(format!("{} before", grown.before));
    }
    format!("{} ({})", view::sentence(grown.story, LONGEST - 40), how.join(", "))
}

fn finding(of: &Finding, clock: Clock) -> String {
    let at = of.last_seen.or(of.event_time).map(|at| format!("{}: ", clock.instant(at)));
    let says = if of.says.raw().is_empty() { of.detection.as_str() } else { of.says.raw() };
    format!("{}{}", at.unwrap_or_default(), words::with_names(says))
}

fn gone(gone: &Gone<'_>, clock: Clock) -> String {
    let why = if gone.is_suppressed { " (suppressed now)" } else { "" };
    format!("{}{why}", finding(gone.finding, clock))
}

/// The differences, in a shape of its own.
#[derive(Serialize)]
struct ComparisonV1<'a> {
    schema_version: u32,
    from: SideV1<'a>,
    to: SideV1<'a>,
    stories: StoriesV1<'a>,
    undone: Vec<UndoneV1<'a>>,
    findings: FindingsV1<'a>,
}

/// One of both briefs.
#[derive(Serialize)]
struct SideV1<'a> {
    id: &'a str,
    schedule: Option<&'a str>,
    window: WindowV1,
}

#[derive(Serialize)]
struct StoriesV1<'a> {
    new: Vec<StoryRefV1<'a>>,
    grown: Vec<GrownV1<'a>>,
    quiet: Vec<StoryRefV1<'a>>,
    unchanged: u64,
}

#[derive(Serialize)]
struct StoryRefV1<'a> {
    story: &'a str,
    title: String,
    person: &'a str,
    severity: &'a str,
}

#[derive(Serialize)]
struct GrownV1<'a> {
    #[serde(flatten)]
    story: StoryRefV1<'a>,
    more_findings: u64,
    severity_before: &'a str,
}

#[derive(Serialize)]
struct FindingsV1<'a> {
    new: Vec<FindingV1<'a>>,
    gone: Vec<GoneV1<'a>>,
    unchanged: u64,
}

#[derive(Serialize)]
struct GoneV1<'a> {
    #[serde(flatten)]
    finding: FindingV1<'a>,
    suppressed_now: bool,
}

/// The differences as one JSON object.
pub(super) fn json(before: &Brief, after: &Brief, found: &Comparison<'_>) -> String {
    let object = ComparisonV1 {
        schema_version: 1,
        from: side(before),
        to: side(after),
        stories: StoriesV1 {
            new: found.new.iter().map(|story| story_ref(story)).collect(),
            grown: found
                .grown
                .iter()
                .map(|it| GrownV1 {
                    story: story_ref(it.story),
                    more_findings: it.findings,
                    severity_before: it.before.as_str(),
                })
                .collect(),
            quiet: found.quiet.iter().map(|story| story_ref(story)).collect(),
            unchanged: found.unchanged,
        },
        undone: found.undone.iter().map(|it| UndoneV1::of(it)).collect(),
        findings: FindingsV1 {
            new: found.new_findings.iter().map(|it| FindingV1::of(it, after)).collect(),
            gone: found
                .gone_findings
                .iter()
                .map(|it| GoneV1 {
                    finding: FindingV1::of(it.finding, before),
                    suppressed_now: it.is_suppressed,
                })
                .collect(),
            unchanged: found.same_findings,
        },
    };
    serde_json::to_string(&object).expect("the object holds only texts, numbers and lists with text keys")
}

fn side(brief: &Brief) -> SideV1<'_> {
    SideV1 {
        id: &brief.run.id,
        schedule: brief.run.schedule.as_deref(),
        window: WindowV1::of(brief.run.window),
    }
}

fn story_ref(story: &Story) -> StoryRefV1<'_> {
    StoryRefV1 {
        story: story.id.as_str(),
        title: title(story),
        person: story.person.raw(),
        severity: story.severity.as_str(),
    }
}
