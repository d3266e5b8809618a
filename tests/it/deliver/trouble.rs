//! Mistakes in the configuration, and errors of SES.

use std::fs;

use trailbrief::testing::config;

use super::{
    server::{Server, answer},
    stdout, trailbrief, workspace,
};

fn problems(text: &str) -> String {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(config::FILE_NAME), text).unwrap();
    match config::load(None, place.path()) {
        Ok(config) => panic!("{config:?}"),
        Err(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn every_mistake_is_shown_with_its_line() {
    let many: Vec<String> = (0..51).map(|nth| format!("\"a{nth}@example.com\"")).collect();
    let many = many.join(", ");
    let printed = problems(
        r#"
[mail]
to = ["soc@example.com", "SOC@example.com", "nobody", "ü@example.com", 7]
reply-to = "a@example.com"
reply_to = "a@example.com\r\nBcc: b@example.com"
subject_prefix = "x\nBcc: a@example.com"
configuration_set = "two words"
region = "Frankfurt"
schedules = []
[slack]
webhook = "https://hooks.slack.com/services/T0/B0/sesame"
chanel = "soc"
"#,
    ) + "\n"
        + &problems("[mail]\nfrom = \"a@example.com\"\nto = []\n[slack]\nwebhook = \"sesame\"\n")
        + "\n"
        + &problems(&format!("[mail]\nfrom = \"a@example.com\"\nto = [{many}]\n"))
        + "\n"
        + &problems("mail = \"a@example.com\"\n[slack]\n");
    assert!(!printed.contains("sesame"));
    insta::assert_snapshot!(printed);
}

#[test]
fn a_channel_names_schedules_that_there_are() {
    let workspace = workspace("[slack]\nwebhook = \"env:HOOK\"\nschedules = [\"daly\", \"hourly\"]\n");
    let output = trailbrief(workspace.path(), &[], &["check"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(stdout(&output).lines().take(3).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_example_shows_the_channels() {
    let example =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/trailbrief.example.toml")).unwrap();
    let channels: String = example
        .lines()
        .skip_while(|line| !line.starts_with("# [mail]"))
        .take_while(|line| !line.starts_with("# ----"))
        .map(|line| line.strip_prefix("# ").or(line.strip_prefix('#')).unwrap_or(line).to_owned() + "\n")
        .collect();
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(config::FILE_NAME), &channels).unwrap();
    let config = config::load(None, place.path()).unwrap();
    let effective = config.effective();
    let shown = effective.split("[mail]").nth(1).unwrap().split("[state]").next().unwrap();
    insta::assert_snapshot!(format!("[mail]{shown}"));
    fs::write(place.path().join(config::FILE_NAME), &effective).unwrap();
    assert_eq!(config::load(None, place.path()).unwrap().channels.len(), 2);
}

/// What SES answers when it refuses.
pub fn ses_error(status: u16, code: &str, said: &str) -> super::server::Mood {
    answer(
        status,
        &format!(
            "<ErrorResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><Error><Type>Sender</Type><Code>{code}</Code>\
             <Message>{said}</Message></Error><RequestId>1</RequestId></ErrorResponse>"
        ),
    )
}

#[test]
fn errors_of_ses_reach_the_person() {
    let workspace =
        workspace("[mail]\nfrom = \"a@example.com\"\nto = [\"a@example.com\"]\nregion = \"eu-west-1\"\n");
    let mut printed = String::new();
    for mood in [
        ses_error(400, "Throttling", "Daily message quota exceeded."),
        ses_error(
            403,
            "AccessDenied",
            "User `arn:aws:sts::111122223333:assumed-role/x/y' is not authorized to perform `ses:SendRawEmail'",
        ),
        ses_error(400, "AccountSendingPausedException", "Email sending is disabled for account"),
        answer(400, "<html>"),
    ] {
        let ses = Server::start(&[mood]);
        let output = trailbrief(workspace.path(), &[("AWS_ENDPOINT_URL", &ses.url)], &["notify", "test"]);
        assert_eq!(output.status.code(), Some(3));
        printed += &stdout(&output);
    }
    let nobody =
        [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
    let gone = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1"), ("AWS_MAX_ATTEMPTS", "1")];
    for environment in [&nobody[..], &gone] {
        printed += &stdout(&trailbrief(workspace.path(), environment, &["notify", "test"]));
    }
    fs::write(
        workspace.path().join("trailbrief.toml"),
        "[mail]\nfrom = \"a@example.com\"\nto = [\"a@example.com\"]\n",
    )
    .unwrap();
    let nowhere = [("AWS_REGION", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
    printed += &stdout(&trailbrief(workspace.path(), &nowhere, &["notify", "test"]));
    insta::assert_snapshot!(printed);
}

#[test]
fn what_goes_over_the_wire_is_the_mail() {
    let ses = Server::start(&[answer(
        200,
        "<SendRawEmailResponse xmlns=\"http://ses.amazonaws.com/doc/2010-12-01/\"><SendRawEmailResult><MessageId>0100-1\
         </MessageId></SendRawEmailResult></SendRawEmailResponse>",
    )]);
    let workspace = workspace(
        "[mail]\nfrom = \"Brief <a@example.com>\"\nto = [\"SOC <b@example.com>\", \"c@example.com\"]\n\
         configuration_set = \"briefs\"\n",
    );
    let window = [
        "run",
        "--logs",
        ".",
        "--from",
        "2026-03-10",
        "--to",
        "2026-03-11",
        "--query",
        "iam.root-*",
        "--notify",
    ];
    let output = trailbrief(workspace.path(), &[("AWS_ENDPOINT_URL", &ses.url)], &window);
    assert_eq!(output.status.code(), Some(0), "{}", super::stderr(&output));
    assert!(super::stderr(&output).contains("sent: mail to 2 recipients, SES message 0100-1\n"));
    let asked = ses.asked().concat();
    let fields: Vec<(&str, &str)> = asked.split('&').filter_map(|field| field.split_once('=')).collect();
    let field = |name: &str| fields.iter().find(|(own, _)| *own == name).unwrap().1.to_owned();
    assert_eq!(field("Action"), "SendRawEmail");
    assert_eq!(field("Source"), "a%40example.com");
    assert_eq!(field("Destinations.member.1"), "b%40example.com");
    assert_eq!(field("Destinations.member.2"), "c%40example.com");
    assert_eq!(field("ConfigurationSetName"), "briefs");
    let data = field("RawMessage.Data").replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    let raw = mail_parser::decoders::base64::base64_decode(data.as_bytes()).unwrap();
    let parsed = mail_parser::MessageParser::default().parse(&raw).unwrap();
    assert!(parsed.subject().unwrap().starts_with("1 critical"));
    assert!(parsed.body_html(0).unwrap().contains("<html"));
    let csv = String::from_utf8(parsed.attachment(0).unwrap().contents().to_vec()).unwrap();
    assert_eq!(csv.lines().count(), 2, "{csv}");
}
