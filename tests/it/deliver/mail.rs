//! Mails, read back by a parser that is not their writer's.

use std::fs;

use mail_parser::{Message as Parsed, MessageParser, MimeHeaders as _};
use proptest::prelude::*;
use trailbrief::testing::{
    config::{self, Channel, Mail},
    deliver::{MimeMail, compose, trial},
    domain::brief::Brief,
    render,
};

use crate::render::{hostile, sample};

const CONFIG: &str = r#"[mail]
from = "trailbrief <brief@example.com>"
to = ["soc@example.com", "Zoë <zoe@example.com>"]
reply_to = "soc@example.com"
subject_prefix = "[prüd]"
"#;

pub fn mail(text: &str) -> Mail {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(config::FILE_NAME), text).unwrap();
    let config = config::load(None, place.path()).unwrap();
    match config.channels.as_slice() {
        [Channel::Mail(mail)] => mail.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

fn parse(message: &MimeMail) -> Parsed<'_> {
    MessageParser::default().parse(&message.raw).unwrap()
}

/// What must hold for every mail.
fn check(message: &MimeMail, mail: &Mail) {
    assert!(message.raw.len() < 10_000_000, "{} bytes", message.raw.len());
    let text = std::str::from_utf8(&message.raw).unwrap();
    assert!(text.is_ascii());
    for line in text.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
    }
    let parsed = parse(message);
    let names: Vec<String> = parsed.headers().iter().map(|header| header.name().to_lowercase()).collect();
    let mut wanted = vec![
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "x-auto-response-suppress",
        "precedence",
        "list-id",
    ];
    if mail.reply_to.is_some() {
        wanted.push("reply-to");
    }
    wanted.extend(["mime-version", "content-type"]);
    assert_eq!(names, wanted);
    assert_eq!(parsed.subject(), Some(message.subject.as_str()));
    assert!(!message.subject.chars().any(char::is_control));
}

#[test]
fn a_repeat_is_marked_in_every_form() {
    let mail = mail(CONFIG);
    let message = render::repeated(&render::message(&sample::small()).unwrap());
    let mime = compose(&message, &mail);
    check(&mime, &mail);
    let parsed = parse(&mime);
    assert!(mime.subject.contains("[repeat] "), "{}", mime.subject);
    assert!(parsed.body_text(0).unwrap().starts_with("Repeat: This brief may have been sent before"));
    assert_eq!(parsed.body_html(0).unwrap().matches("<b>Repeat:</b>").count(), 1);
    let slack: serde_json::Value = serde_json::from_str(&message.slack).unwrap();
    assert!(slack["text"].as_str().unwrap().starts_with("[repeat] "));
    assert_eq!(slack["blocks"][0]["type"], "context");
    assert!(slack["blocks"][0].to_string().contains("may have been sent before"));
}

#[test]
fn a_mail_has_text_html_csv_and_headers() {
    let (mail, brief) = (mail(CONFIG), sample::small());
    let message = compose(&render::message(&brief).unwrap(), &mail);
    check(&message, &mail);
    let parsed = parse(&message);
    let structure: Vec<String> = parsed
        .parts
        .iter()
        .map(|part| {
            part.content_type().map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap())).unwrap()
        })
        .collect();
    assert_eq!(
        structure,
        ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/csv"]
    );
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    assert_eq!(
        lines(&parsed.body_text(0).unwrap()),
        lines(&render::text(&brief, render::TextStyle::default()))
    );
    assert_eq!(lines(&parsed.body_html(0).unwrap()), lines(&render::html(&brief).unwrap()));
    let csv = parsed.attachment(0).unwrap();
    assert_eq!(csv.contents(), render::csv(&brief).as_bytes());
    let to: Vec<_> = parsed.to().unwrap().iter().map(|one| (one.name(), one.address().unwrap())).collect();
    assert_eq!(to, [(None, "soc@example.com"), (Some("Zoë"), "zoe@example.com")]);

    let head = std::str::from_utf8(&message.raw).unwrap().split("\r\nMIME-Version").next().unwrap();
    insta::assert_snapshot!(head.replace("\r\n", "\n"));
    assert_eq!(csv.attachment_name(), Some("trailbrief-2026-03-11T00-15-daily-7f3a.csv"));
}

#[test]
fn nothing_found_needs_no_csv() {
    let mail = mail(CONFIG);
    let message = compose(&render::message(&sample::empty()).unwrap(), &mail);
    check(&message, &mail);
    assert_eq!(parse(&message).attachment_count(), 0);
}

#[test]
fn a_csv_that_is_too_large_is_left_out_with_a_note() {
    let mail = mail(CONFIG);
    for brief in [hostile::enormous(), many()] {
        assert!(render::csv(&brief).len() > 1_000_000);
        let message = compose(&render::message(&brief).unwrap(), &mail);
        check(&message, &mail);
        let parsed = parse(&message);
        assert_eq!(parsed.attachment_count(), 0);
        let text = parsed.body_text(0).unwrap();
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(words.join(" ").contains("The CSV of all findings is not attached because it has "));
        assert!(parsed.body_html(0).unwrap().contains("The CSV of all findings is not attached"));
    }
}

/// A brief with enough findings for a large CSV.
fn many() -> Brief {
    let mut brief = sample::small();
    let finding = brief.findings[0].clone();
    brief.findings.extend((0..6_000).map(|_| finding.clone()));
    brief
}

#[test]
fn the_test_brief_says_that_it_is_a_test() {
    let brief = trial("2026-03-11T08:00:00Z".parse().unwrap());
    insta::assert_snapshot!("trial.txt", render::text(&brief, render::TextStyle::default()));
    insta::assert_snapshot!(
        "trial.subject",
        compose(&render::message(&brief).unwrap(), &mail(CONFIG)).subject
    );
}

/// Text that would end a header, or seem to.
fn text() -> impl Strategy<Value = String> {
    let trap = prop::sample::select(vec![
        "\r\nBcc: evil@example.com\r\n",
        "\nSubject: all is well\n",
        "\r\n\r\n<h1>",
        "\rX-Evil: 1\r",
        "\u{85}Bcc: a@b.example",
        "\u{2028}Subject: x",
        "\0",
        "=?utf-8?Q?=0D=0ABcc:_evil@example.com?=",
        "--boundary",
        "\r\n.\r\n",
        "ä",
        "\u{1f4a9}",
        "",
    ]);
    (trap.clone(), any::<String>(), trap, 1usize..40)
        .prop_map(|(a, b, c, n)| format!("{a}{b}{}", c.repeat(n)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn no_text_of_a_brief_adds_a_header(texts in prop::collection::vec(text(), 1..12)) {
        let mut brief = sample::small();
        let mut texts = texts.iter().cycle().cloned();
        hostile::scribble(&mut brief, || texts.next().unwrap());
        let mail = mail(CONFIG);
        check(&compose(&render::message(&brief).unwrap(), &mail), &mail);
    }
}
