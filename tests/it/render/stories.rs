//! Stories to render, and the same with other texts.

use trailbrief::testing::{
    domain::{
        finding::Fingerprint,
        severity::Severity,
        story::{
            Containment, LeftBehind, Standing, Step, Story, StoryAccount, StoryAddress, StoryId, StoryLink,
            StoryState,
        },
        untrusted::Untrusted,
    },
    render::{self, TextStyle},
};

use super::{
    markup,
    sample::{at, detection, id, small, some},
};

fn text(text: &str) -> Untrusted {
    Untrusted::new(text)
}

fn step(time: &str, text: &str, succeeded: bool) -> Step {
    Step {
        at: Some(at(time)),
        until: Some(at(time)),
        text: Untrusted::new(text),
        count: 1,
        succeeded,
        weight: 4,
        severity: Some(Severity::High),
        event_ids: vec![Untrusted::new("00000000-0000-4000-8000-000000000001")],
    }
}

/// A story of root with everything that a story can have.
pub fn root() -> Story {
    Story {
        id: StoryId::of("root:111122223333"),
        person: text("root user"),
        kind: "root user".into(),
        chain: vec![StoryLink {
            who: text("admin/root"),
            reason: text("took role admin with AssumeRole; its key is the one that was issued"),
            at: Some(at("2026-03-10T04:13:00Z")),
            event_id: some("00000000-0000-4000-8000-000000000002"),
        }],
        accounts: vec![StoryAccount { id: text("111122223333"), name: Some("management".to_owned()) }],
        first: Some(at("2026-03-10T04:12:07Z")),
        last: Some(at("2026-03-10T04:40:00Z")),
        addresses: vec![StoryAddress {
            address: text("192.0.2.201"),
            is_trusted: Some(false),
            agent: some("aws-cli/2.28.4 os/linux#6.12.38+kali-amd64"),
            acts: 3,
        }],
        severity: Severity::Critical,
        why: id("iam.root-console-login"),
        steps: vec![
            step("2026-03-10T04:12:07Z", "signed in to the console as root without MFA", true),
            step("2026-03-10T04:20:00Z", "created root access key AKIAEXAMPLE", true),
            step("2026-03-10T04:40:00Z", "tried to stop trail audit", false),
        ],
        left_out: 4,
        left_behind: vec![LeftBehind {
            what: text("root access key AKIAEXAMPLE"),
            kind: "key".into(),
            standing: Standing::Paused,
            deadline: Some(at("2026-03-17T00:00:00Z")),
            by: text("root user"),
            at: Some(at("2026-03-10T04:20:00Z")),
            account: text("111122223333"),
            region: text("us-east-1"),
            event_id: text("00000000-0000-4000-8000-000000000003"),
            weight: 5,
            contain: some("aws iam update-access-key --access-key-id AKIAEXAMPLE --status Inactive"),
            remove: some("aws iam delete-access-key --access-key-id AKIAEXAMPLE"),
            risk: Some("whatever uses the key stops".into()),
        }],
        undone: 1,
        do_now: vec![
            Containment {
                what: text("reset the password of the root user"),
                command: None,
                account: some("111122223333"),
                risk: None,
            },
            Containment {
                what: text("root access key AKIAEXAMPLE"),
                command: some("aws iam update-access-key --access-key-id AKIAEXAMPLE --status Inactive"),
                account: some("111122223333"),
                risk: Some("whatever uses the key stops".into()),
            },
        ],
        findings: vec![Fingerprint::of(&id("iam.root-console-login"), &[Some("1".to_owned())])],
        state: StoryState::New,
    }
}

/// A story of one line that was reported.
pub fn denied() -> Story {
    Story {
        id: StoryId::of("user:444455556666:mallory"),
        person: text("mallory"),
        kind: "IAM user".into(),
        chain: Vec::new(),
        addresses: Vec::new(),
        severity: Severity::Low,
        steps: vec![step("2026-03-10T05:00:00Z", "was denied 20 calls: iam:ListUsers, iam:ListRoles", false)],
        left_out: 0,
        left_behind: Vec::new(),
        undone: 0,
        do_now: Vec::new(),
        findings: Vec::new(),
        state: StoryState::Repeated,
        ..root()
    }
}

/// Puts other texts into every text of stories that comes from records.
pub fn scribble(stories: &mut [Story], text: &mut impl FnMut() -> String) {
    let mut other = || Untrusted::new(text());
    for story in stories {
        story.person = other();
        for link in &mut story.chain {
            (link.who, link.reason, link.event_id) = (other(), other(), Some(other()));
        }
        for account in &mut story.accounts {
            account.id = other();
            account.name = Some(other().raw().to_owned());
        }
        for address in &mut story.addresses {
            (address.address, address.agent) = (other(), Some(other()));
        }
        for step in &mut story.steps {
            (step.text, step.event_ids) = (other(), vec![other()]);
        }
        for left in &mut story.left_behind {
            (left.what, left.by, left.account) = (other(), other(), other());
            (left.region, left.event_id) = (other(), other());
            (left.contain, left.remove) = (Some(other()), Some(other()));
        }
        for action in &mut story.do_now {
            (action.what, action.command, action.account) = (other(), Some(other()), Some(other()));
        }
    }
}

#[test]
fn like_stories_share_a_line_and_the_rest_is_counted() {
    let small_story = |person: &str, kind: &'static str, why: &str| Story {
        id: StoryId::of(person),
        person: text(person),
        kind: kind.into(),
        why: id(why),
        state: StoryState::New,
        ..denied()
    };
    let mut brief = small();
    let mut pruned = detection("logging.pruned", "Logs were pruned", Severity::Low);
    pruned.benign = vec!["Old logs are being removed".to_owned()];
    brief.detections.insert(pruned.id.clone(), pruned);
    brief.stories = vec![
        small_story("terraform/run-1", "role session", "logging.pruned"),
        small_story("ann", "IAM user", "own.a"),
        small_story("terraform/run-2", "role session", "logging.pruned"),
        small_story("arn:aws:iam::111122223333:role/terraform", "identity", "own.a"),
        small_story("bob", "IAM user", "own.a"),
        small_story("cat", "IAM user", "own.b"),
        small_story("dan", "IAM user", "own.c"),
        small_story("eve", "IAM user", "own.d"),
        small_story("fay", "IAM user", "own.d"),
    ];
    let all = render::text(&brief, TextStyle { width: 200, color: false });
    for line in [
        "low       terraform (3 stories in 1 account): Logs were pruned (harmless if: Old logs are being removed) \u{2026} and 1 other detection",
        "low       own.a in 1 account: ann, bob",
        "low       03-10 04:12 cat (management) was denied 20 calls",
        "\u{2026} and 3 more stories, see the JSON",
    ] {
        assert!(all.contains(line), "no {line:?} in\n{all}");
    }
    let summary = render::summary(&brief, TextStyle { width: 200, color: false });
    assert!(
        summary.contains("terraform (3 stories in 1 account)") && summary.lines().count() < 12,
        "{summary}"
    );
}

#[test]
fn what_came_from_outside_hides_behind_no_explanation() {
    let mut brief = small();
    let mut pruned = detection("logging.pruned", "Logs were pruned", Severity::Low);
    pruned.benign = vec!["Old logs are being removed".to_owned()];
    brief.detections.insert(pruned.id.clone(), pruned);
    let story = |run: &str, is_trusted| Story {
        id: StoryId::of(run),
        person: text(&format!("terraform/{run}")),
        kind: "role session".into(),
        why: id("logging.pruned"),
        addresses: vec![StoryAddress { is_trusted: Some(is_trusted), ..root().addresses[0].clone() }],
        ..denied()
    };
    brief.stories =
        vec![story("run-1", true), story("run-2", false), story("run-3", true), story("run-4", false)];
    let all = render::text(&brief, TextStyle { width: 200, color: false });
    let lines: Vec<&str> = all.lines().filter(|line| line.contains("terraform (2 stories")).collect();
    assert_eq!(lines.len(), 2, "{all}");
    assert!(
        lines[0].ends_with("Logs were pruned \u{2013} harmless if: Old logs are being removed"),
        "{}",
        lines[0]
    );
    assert!(lines[1].ends_with("Logs were pruned"), "{}", lines[1]);
}

/// A severe story of one finding that left nothing behind, from a trusted network.
fn severe(nth: usize, state: StoryState) -> Story {
    let account = format!("{:012}", 100_000_000_000 + nth);
    Story {
        id: StoryId::of(&format!("user:{account}:eve-{nth}")),
        person: text(&format!("eve-{nth}")),
        kind: "IAM user".into(),
        chain: Vec::new(),
        accounts: vec![StoryAccount { id: text(&account), name: Some(format!("shop-{nth}")) }],
        addresses: vec![StoryAddress { is_trusted: Some(true), ..root().addresses[0].clone() }],
        severity: if nth.is_multiple_of(2) { Severity::Critical } else { Severity::High },
        left_behind: Vec::new(),
        do_now: vec![
            Containment { what: text(&format!("lock out eve-{nth}")), ..root().do_now[1].clone() },
            root().do_now[0].clone(),
        ],
        state,
        ..root()
    }
}

#[test]
fn a_severe_story_keeps_its_heading_whatever_else_there_is() {
    let mut brief = small();
    brief.stories = (0..20).map(|nth| severe(nth, StoryState::New)).collect();
    brief.stories.extend((20..26).map(|nth| severe(nth, StoryState::Repeated)));
    let text = render::text(&brief, TextStyle { width: 200, color: false });
    let html = markup::parse(&render::html(&brief).unwrap()).text;
    for nth in 0..20 {
        let account = 100_000_000_000u64 + nth;
        let number = nth + 1;
        let heading = format!("{number}. eve-{nth} (IAM user) in shop-{nth} ({account})");
        assert!(text.contains(&heading), "no {heading:?} in\n{text}");
        assert!(html.contains(&heading), "no {heading:?} in the mail");
        for medium in [&text, &html] {
            assert!(medium.contains(&format!("lock out eve-{nth}")), "no first act of eve-{nth}");
        }
    }
    for (medium, containment) in [(&text, "CONTAINMENT \u{2500}"), (&html, "Containment read each command")] {
        let at = |part: &str| medium.find(part).unwrap_or_else(|| panic!("no {part:?} in {medium}"));
        let containment = at(containment);
        assert!(at("20. eve-19 ") < containment, "after the stories");
        assert!(containment < at("1 new \u{b7} 1 detection"), "before the findings");
    }
    for nth in 20..26 {
        assert!(text.contains(&format!("[already reported] 03-10 04:12 eve-{nth} (shop-{nth}) ")), "{text}");
    }
    assert!(!text.contains("more story") && !text.contains("more stories"), "{text}");
    brief.stories = (0..100).map(|nth| severe(nth, StoryState::New)).collect();
    let text = render::text(&brief, TextStyle { width: 200, color: false });
    assert!(text.contains("48. eve-47 (IAM user)") && text.contains("eve-87 (shop-87)"), "{text}");
    assert!(
        text.contains("\u{2026} and 12 more stories, 12 of them high or critical, see the JSON"),
        "{text}"
    );
}

#[test]
fn somebody_with_one_name_acted_once() {
    let mut brief = small();
    let link = |who: &str| StoryLink { who: text(who), ..root().chain[0].clone() };
    let chain =
        ["arn:aws:sts::111122223333:assumed-role/admin/ann", "admin/ann", "arn:aws:iam::444455556666:root"];
    brief.stories = vec![Story { chain: chain.map(link).into(), ..root() }];
    let all = render::text(&brief, TextStyle { width: 200, color: false });
    assert!(all.contains("also acted  admin/ann, root of 444455556666\n"), "{all}");
}

#[test]
fn the_reason_of_a_part_is_not_the_reason_of_most() {
    let mut brief = small();
    for (matched, says) in
        [([5, 2, 2], "9 findings, most of them because"), ([3, 2, 2], "7 findings, 3 of them because")]
    {
        for (used, matched) in brief.suppressions.iter_mut().zip(matched) {
            used.matched = matched;
        }
        assert!(render::text(&brief, TextStyle::default()).contains(says), "{says}");
    }
}

#[test]
fn a_story_of_several_accounts_says_how_many() {
    let mut brief = small();
    let account = |id: &str| StoryAccount { id: text(id), name: None };
    let ids = ["111122223333", "222233334444", "333344445555"];
    brief.stories = vec![Story { state: StoryState::Grown, accounts: ids.map(account).into(), ..root() }];
    let all = render::text(&brief, TextStyle { width: 200, color: false });
    let heading = "1. root user in 111122223333 and 2 more accounts [critical, grown since it was reported]";
    assert!(all.contains(heading), "{all}");
}

#[test]
fn severities_have_their_colours_without_a_style_sheet() {
    let mut brief = small();
    brief.stories = vec![root(), denied()];
    let html = render::html(&brief).unwrap();
    for (severity, colour) in [("critical", "#b0121f"), ("low", "#1f5fa8")] {
        let parsed = markup::parse(&html);
        let class = format!("c-{severity}");
        let mut tags = parsed.tags.iter().filter(|tag| tag.contains(&class)).peekable();
        assert!(tags.peek().is_some(), "{class}");
        assert!(tags.all(|tag| tag.contains(&format!("color:{colour}"))), "{class}");
    }
    assert!(!html.contains("<bdi") && !html.contains("float:"), "neither needs a mail program's help");
    let chained = include_str!("../../../templates/mail/style.css").lines().find(|line| {
        let (selectors, _) = line.split_once('{').unwrap_or_default();
        !line.starts_with('@')
            && selectors.split([',', ' ']).any(|one| one.trim_start_matches('.').contains('.'))
    });
    assert_eq!(chained, None, "Outlook for Windows knows no chained selectors");
}

#[test]
fn text_from_right_to_left_is_kept_apart_and_other_text_is_not() {
    let mut brief = small();
    brief.stories = vec![Story { person: text("\u{5d0}\u{5d1}"), ..root() }];
    let html = render::html(&brief).unwrap();
    assert!(html.contains("<span dir=\"auto\">\u{5d0}\u{5d1}"), "isolated");
    brief.stories = vec![root()];
    assert!(!render::html(&brief).unwrap().contains("dir="));
}
