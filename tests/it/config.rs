//! The configuration: defaults, every problem with its place, and the example that people copy.

use std::{fs, path::Path};

use trailbrief::testing::{
    app::read_library,
    config::{self, AccountList, Config, ConfigFile, TableSetting, Trail, ValueOrigin},
    domain::{detection::ParamValue, time::Span},
    library::{Library, Sources},
    text::{Diagnostic, TomlValue},
};

fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(config::FILE_NAME), text).unwrap();
    config::load(None, place.path())
}

fn shown(problems: &[Diagnostic]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn without_a_file_everything_is_a_default() {
    let place = tempfile::tempdir().unwrap();
    let config = config::load(None, place.path()).unwrap();
    assert_eq!(config.file, ConfigFile::Absent);
    assert_eq!(config.accounts, AccountList::NotConfigured);
    assert_eq!(config.schedules.keys().collect::<Vec<_>>(), ["daily", "hourly"]);
    assert_eq!(config.schedules["hourly"].every.value, Span::HOUR);
    assert!(config.library_paths.is_empty() && config.suppressions.is_empty());
    assert_eq!(config.limits.memory.origin, ValueOrigin::Default);
}

#[test]
fn a_named_file_must_be_there() {
    let problems = config::load(Some(Path::new("nowhere.toml")), Path::new(".")).unwrap_err();
    assert!(shown(&problems).starts_with("error[unreadable]: cannot read the configuration: "));
    assert_eq!(problems[0].file, "nowhere.toml");
}

#[test]
fn the_example_is_valid_and_says_everything() {
    let config = config::load(Some(Path::new("trailbrief.example.toml")), Path::new(".")).unwrap();
    assert!(config.library_paths.is_empty(), "a directory that a reader does not have");
    assert_eq!(config.params["activity.denied-burst"].value["min_denied"].value, TomlValue::Integer(20));
    assert_eq!(config.watchlists["trusted-cidrs"].value.len(), 2);
    let suppression = &config.suppressions[0];
    assert_eq!(suppression.expires.to_string(), "2027-01-31T00:00:00Z");
    assert!(config.is_disabled(&"console.login-success".parse().unwrap()));
    assert!(!config.is_disabled(&"console.login-failure".parse().unwrap()));
    insta::assert_snapshot!("effective", config.effective());
}

#[test]
fn a_table_is_read_and_its_mistakes_are_named() {
    let config = parse("[table]\nlogs = \"s3://example-logs/central\"\ntrail = \"control-tower\"\n").unwrap();
    let TableSetting::Configured(table) = config.table else { panic!("there is a table") };
    assert_eq!(table.logs.value.to_string(), "s3://example-logs/central/");
    assert_eq!((table.database.value.as_str(), table.name.value.as_str()), ("trailbrief", "cloudtrail"));
    assert_eq!(table.trail.value, Trail::ControlTower);
    let problems = parse(
        "[table]\nlogs = \"s3://example-logs/AWSLogs/\"\nname = \"Cloud-Trail\"\ntrail = \"account\"\n\
         organization = \"o-exampleorgid\"\nsince = \"soon\"\nregions = [\"Ireland\"]\nbucket = 1\n",
    );
    insta::assert_snapshot!(shown(&problems.unwrap_err()));
}

#[test]
fn how_results_are_kept_is_read_and_its_mistakes_are_named() {
    let kept = |more: &str| parse(&format!("[athena]\noutput = \"s3://example-results\"\n{more}"));
    for kind in ["sse-s3", "sse-kms:arn:aws:kms:eu-west-1:111122223333:key/1a", "cse-kms:alias/results"] {
        let config = kept(&format!("encryption = \"{kind}\"\n")).unwrap();
        assert_eq!(config.athena.encryption.value.to_string(), kind);
        assert!(config.effective().contains(&format!("encryption = \"{kind}\"  # trailbrief.toml:3\n")));
    }
    let problems = shown(&kept("encryption = \"sse-kms:\"\nexpected_bucket_owner = \"me\"\n").unwrap_err())
        + &shown(
            &parse("[athena]\nencryption = \"sse-s3\"\nexpected_bucket_owner = \"111122223333\"\n")
                .unwrap_err(),
        )
        + &shown(
            &parse("[table]\nlogs = \"s3://example-logs\"\ntrail = \"account\"\norganization_units = true\n")
                .unwrap_err(),
        );
    insta::assert_snapshot!("kept", problems);
}

/// What is there but holds nothing would narrow the table, or let every run fail.
#[test]
fn nothing_is_no_value() {
    let empty = "[table]\nlogs = \"s3://example-logs\"\nregions = []\n[athena]\nworkgroup = \"\"\n\
                 timeout = \"0s\"\nrun_bytes = \"0B\"\nmonth_bytes = \"0GB\"\n";
    insta::assert_snapshot!("nothing", shown(&parse(empty).unwrap_err()));
}

#[test]
fn a_time_zone_is_a_name_of_the_database() {
    assert!(parse("").unwrap().timezone.value.is_utc());
    for zone in ["UTC", "Europe/Zurich", "Asia/Kolkata"] {
        let config = parse(&format!("timezone = \"{zone}\"\n")).unwrap();
        assert_eq!(config.timezone.value.to_string(), zone);
        let effective = config.effective();
        assert!(
            effective.starts_with(&format!("timezone = \"{zone}\"  # trailbrief.toml:1\n")),
            "{effective}"
        );
        assert_eq!(parse(&effective).unwrap().timezone.value, config.timezone.value);
    }
    for (text, hint) in
        [("\"Europe/Zurick\"", "did you mean `Europe/Zurich`?"), ("\"+01:00\"", ""), ("1", "")]
    {
        let problems = shown(&parse(&format!("timezone = {text}\n")).unwrap_err());
        assert!(problems.contains("trailbrief.toml:1") && problems.contains(hint), "{problems}");
    }
    let problems = shown(&parse("timezone = \"Mars/Phobos\"\n").unwrap_err());
    assert!(
        problems.contains("`Mars/Phobos` is not a time zone: give its name in the IANA database"),
        "{problems}"
    );
}

#[test]
fn a_price_is_a_number_of_dollars() {
    let given = |price: &str| parse(&format!("[athena]\nprice_per_tb = {price}\n"));
    assert_eq!(parse("").unwrap().athena.price_per_tb.value, 5.0);
    for (text, price) in [("0", 0.0), ("6.75", 6.75), ("7", 7.0)] {
        let config = given(text).unwrap();
        assert_eq!(config.athena.price_per_tb.value, price);
        let effective = config.effective();
        assert!(
            effective.contains(&format!("price_per_tb = {price:?}  # trailbrief.toml:2\n")),
            "{effective}"
        );
        assert_eq!(parse(&effective).unwrap().athena.price_per_tb.value, price);
    }
    for (text, said) in [
        ("-5.0", "`athena.price_per_tb` is in dollars, between 0 and 1000, not -5"),
        ("5000000.0", "`athena.price_per_tb` is in dollars, between 0 and 1000, not 5000000"),
        ("nan", "`athena.price_per_tb` needs a number"),
        ("\"5 USD\"", "`athena.price_per_tb` needs a number, not text"),
    ] {
        let problems = shown(&given(text).unwrap_err());
        assert!(problems.contains(said), "{problems}");
    }
}

#[test]
fn the_effective_configuration_can_be_read_again() {
    let config = config::load(Some(Path::new("trailbrief.example.toml")), Path::new(".")).unwrap();
    let again = parse(&config.effective()).unwrap();
    assert_eq!(again.limits.memory.value, config.limits.memory.value);
    assert_eq!(again.watchlists["trusted-cidrs"].value, config.watchlists["trusted-cidrs"].value);
    assert_eq!(again.schedules["daily"].lateness.value, config.schedules["daily"].lateness.value);
}

#[test]
fn dates_may_stand_without_quotes() {
    let text = "[[suppress]]\ndetection = \"iam.*\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2027-01-31\n";
    let config = parse(text).unwrap();
    assert_eq!(config.suppressions[0].expires.to_string(), "2027-01-31T00:00:00Z");
    assert_eq!(config.suppressions[0].line, 1);
}

#[test]
fn all_problems_are_said_at_once() {
    let problems = parse(
        r#"
[libary]
paths = ["a"]
[library]
paths = "detections"
disable = ["IAM", "iam.*"]
[schedules.weekly]
every = "1 week"
latness = "1h"
[schedules.hourly]
catch_up = "5m"
[params]
denied-burst = { min = 1 }
[watchlists]
trusted-cidrs = ["192.0.2.7/24", "2001:db8::1", "office", 7]
[[accounts]]
id = "12"
name = "a"
[[accounts]]
id = "123456789012"
name = "b"
[[accounts]]
id = "123456789012"
name = "c"
[[suppress]]
detection = "iam.*"
where = "a = 'b; c"
reason = " "
expires = "soon"
[state]
path = "s3://Bucket"
[limits]
memory = "lots"
record = "0MB"
"#,
    )
    .unwrap_err();
    insta::assert_snapshot!("config_problems", shown(&problems));
}

#[cfg(feature = "aws")]
#[test]
fn a_text_in_place_of_a_list_is_one_mistake() {
    let problems = parse("[mail]\nfrom = \"a@example.com\"\nto = \"b@example.com\"\n").unwrap_err();
    let said = shown(&problems);
    assert_eq!(problems.len(), 1, "{said}");
    assert!(said.contains("`mail.to` needs an array of mail addresses, not text"), "{said}");
}

/// A library with one detection that has one parameter.
fn library() -> Library {
    let sql = "-- ---\n-- id = \"iam.bursts\"\n-- title = \"Bursts\"\n-- severity = \"low\"\n-- packs = [\"hourly\"]\n\
               -- about = []\n-- says = \"bursts\"\n-- [params.min_denied]\n-- type = \"integer\"\n-- default = 20\n\
               -- about = \"How many\"\n-- ---\nSELECT '' AS event_time, '' AS account_id, '' AS region, '' AS actor, \
               '' AS action, '' AS resource, '' AS source_ip, '' AS event_id FROM events, watchlist w \
               WHERE 1 > :min_denied AND w.list = 'trusted-cidrs'\n";
    read_library(None, Sources::default().with_user("mine/iam/bursts.sql", sql)).0
}

#[test]
fn names_are_compared_with_the_library() {
    let library = library();
    let detection = library.get(&"iam.bursts".parse().unwrap()).unwrap();
    let config = parse(
        r#"
[library]
disable = ["s3.*", "iam.burst", "iam.*"]
[schedules.hourly]
packs = ["hourly", "horly"]
[watchlists]
trusted-cidrs = ["192.0.2.0/24"]
trusted-cird = ["192.0.2.0/24"]
[params."iam.bursts"]
min_denid = 1
[params."iam.burts"]
min_denied = 1
[[suppress]]
detection = "kms.*"
reason = "r"
owner = "o"
expires = "2027-01-31"
"#,
    )
    .unwrap();
    insta::assert_snapshot!("config_resolve", shown(&config::resolve(&config, &library)));

    let given = |text: &str| parse(&format!("[params.\"iam.bursts\"]\nmin_denied = {text}\n")).unwrap();
    let five = given("5");
    assert_eq!(config::resolve(&five, &library), []);
    assert_eq!(five.params_of(detection)["min_denied"], ParamValue::Integer(5));
    let wrong = given("\"many\"");
    assert!(shown(&config::resolve(&wrong, &library)).contains("is of type `integer`, not text"));
    assert_eq!(wrong.params_of(detection)["min_denied"], ParamValue::Integer(20));
}

/// A channel that is silently left out would be the worst one.
#[cfg(not(feature = "aws"))]
#[test]
fn a_build_that_cannot_send_says_so() {
    let problems = parse(
        "[mail]\nfrom = \"a@example.com\"\nto = [\"a@example.com\"]\n[slack]\nwebhook = \"env:HOOK\"\n",
    );
    insta::assert_snapshot!("no_channels", shown(&problems.unwrap_err()));
}
