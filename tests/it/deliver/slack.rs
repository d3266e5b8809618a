//! A webhook in its moods: what is tried again, what is not, and what a person is shown.

use std::{fmt::Write as _, time::Duration};

use trailbrief::testing::deliver::{
    slack::{Patience, SlackError, post},
    webhook::WebhookUrl,
};

use super::server::{Mood, Server, answer};

/// Waits for nothing but a short answer.
const HASTE: Patience = Patience {
    answer: Duration::from_millis(400),
    pause: Duration::ZERO,
    waits: Duration::from_secs(2),
    attempts: 3,
};

fn posted(server: &Server, patience: Patience) -> Result<(), SlackError> {
    let url = WebhookUrl::parse(&format!("{}/services/T/B/sesame", server.url)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(post(&url, "{\"text\":\"hello\"}".to_owned(), patience))
}

#[test]
fn ok_is_ok() {
    let server = Server::start(&[answer(200, "ok")]);
    posted(&server, HASTE).unwrap();
    assert_eq!(server.asked(), ["{\"text\":\"hello\"}"]);
}

#[test]
fn temporary_failures_are_retried() {
    let limited = Mood::Answer(429, "Retry-After: 0\r\n", "rate_limited".to_owned());
    let server = Server::start(&[limited.clone(), answer(503, "busy"), answer(200, "ok")]);
    posted(&server, HASTE).unwrap();
    assert_eq!(server.asked().len(), 3);

    let server = Server::start(&[limited]);
    assert_eq!(posted(&server, HASTE), Err(SlackError::Limited));
    assert_eq!(server.asked().len(), 3);

    // An hour is more than there is patience for.
    let server = Server::start(&[Mood::Answer(429, "Retry-After: 3600\r\n", String::new())]);
    assert_eq!(posted(&server, Patience::default()), Err(SlackError::Limited));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let server = Server::start(&[Mood::Silence]);
    assert_eq!(posted(&server, HASTE), Err(SlackError::TimedOut(HASTE.answer)));
    assert_eq!(server.asked().len(), 1, "it may have arrived: asking again would tell it twice");
}

#[test]
fn a_server_that_hangs_up_is_not_tried_again() {
    for mood in [Mood::HangsUp, answer(504, "upstream request timeout")] {
        let server = Server::start(&[mood, answer(200, "ok")]);
        let error = posted(&server, HASTE).unwrap_err();
        assert!(matches!(error, SlackError::NoAnswer(_)) && error.is_uncertain(), "{error:?}");
        assert_eq!(server.asked().len(), 1, "it may have arrived: asking again would tell it twice");
    }
    assert!(!SlackError::Limited.is_uncertain());
}

#[test]
fn pauses_grow_and_their_sum_is_bounded() {
    let busy = answer(503, "busy");
    // Two milliseconds fit into three; twice as many do not fit into what is left.
    let patience = Patience {
        pause: Duration::from_millis(2),
        waits: Duration::from_millis(3),
        attempts: 9,
        ..Patience::default()
    };
    let server = Server::start(std::slice::from_ref(&busy));
    assert_eq!(posted(&server, patience), Err(SlackError::NotSlack(503)));
    assert_eq!(server.asked().len(), 2);
    // Who may not wait may try again at once.
    let server = Server::start(&[busy, answer(200, "ok")]);
    posted(&server, Patience { waits: Duration::ZERO, ..HASTE }).unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn an_answer_in_pieces_is_put_together_and_one_that_breaks_off_is_none() {
    let begun =
        |length: usize, text: &str| format!("HTTP/1.1 200 X\r\nContent-Length: {length}\r\n\r\n{text}");
    let pieces = "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n";
    posted(&Server::start(&[Mood::Sends(pieces.to_owned())]), HASTE).unwrap();

    let server = Server::start(&[Mood::Sends(begun(2, "o"))]);
    assert_eq!(posted(&server, HASTE), Err(SlackError::TimedOut(HASTE.answer)));
    let server = Server::start(&[Mood::BreaksOff(begun(2, "o"))]);
    assert!(matches!(posted(&server, HASTE), Err(SlackError::NoAnswer(_))));
    // Nobody waits for the rest of an answer that is too long for a word of Slack's.
    let server = Server::start(&[Mood::Sends(begun(5_000, &"x".repeat(2_000)))]);
    assert_eq!(posted(&server, HASTE), Err(SlackError::NotSlack(200)));
}

#[test]
fn every_error_says_what_to_do_and_never_shows_the_address() {
    let mut printed = String::new();
    for (status, body) in [
        (404, "no_service"),
        (403, "invalid_token"),
        (403, "action_prohibited"),
        (404, "channel_not_found"),
        (410, "channel_is_archived"),
        (400, "invalid_payload"),
        (400, "invalid_blocks"),
        (400, "something_new"),
        (404, "Cannot POST /services/T/B/sesame"),
        (500, "rollup_error /services/T/B/sesame"),
        (302, ""),
        (200, "<html>sesame</html>"),
    ] {
        let server = Server::start(&[Mood::Answer(status, "Location: /sesame\r\n", body.to_owned())]);
        let error = posted(&server, HASTE).unwrap_err();
        assert_eq!(server.asked().len(), if status == 500 { 3 } else { 1 }, "{error}");
        writeln!(printed, "{error}\n  hint: {}", error.hint()).unwrap();
    }
    let gone = Server::gone();
    let error = posted(&gone, HASTE).unwrap_err();
    writeln!(printed, "{error}\n  hint: {}", error.hint()).unwrap();
    assert!(!printed.contains("sesame"), "{printed}");
    insta::assert_snapshot!(printed);
}
