//! Databases of addresses that the user gives: what they say stands beside unknown addresses, and a hostile file harms nobody.

use std::{fs, path::Path, sync::Arc};

use serde_json::{Value, json};
use trailbrief::testing::{
    app::App,
    domain::{
        time::{Timestamp, Window},
        untrusted::Untrusted,
        whereabouts::Whereabouts,
    },
    engine::{
        embedded::source::{Memory, Source},
        ledger::NoLedger,
    },
    mmdb::{Databases, MmdbError},
    render::{self, TextStyle},
    run::{self, Job, Logs},
};

use crate::{
    cli::trailbrief,
    common::{base, log_file},
};

/// A value of the format.
enum Data {
    Text(&'static str),
    Number(u32),
    Map(Vec<(&'static str, Data)>),
}

impl Data {
    fn write(&self, to: &mut Vec<u8>) {
        let head = |to: &mut Vec<u8>, kind: u8, size: usize| match size {
            0..29 => to.push(kind << 5 | size as u8),
            _ => to.extend([kind << 5 | 29, u8::try_from(size - 29).expect("tests write short texts")]),
        };
        match self {
            Self::Text(text) => {
                head(to, 2, text.len());
                to.extend(text.as_bytes());
            }
            Self::Number(number) => {
                head(to, 6, 4);
                to.extend(number.to_be_bytes());
            }
            Self::Map(entries) => {
                head(to, 7, entries.len());
                for (key, value) in entries {
                    Self::Text(key).write(to);
                    value.write(to);
                }
            }
        }
    }
}

/// A database of IPv4 that knows this of the addresses that begin with a zero bit, and of the others that.
fn file(lower: &Data, upper: &Data) -> Vec<u8> {
    let (mut data, mut places) = (Vec::new(), Vec::new());
    for value in [lower, upper] {
        places.push(data.len());
        value.write(&mut data);
    }
    // One node of two records of 24 bits: behind it and 16 zeros lies the data.
    let mut file = Vec::new();
    for place in places {
        file.extend(&u32::try_from(1 + 16 + place).unwrap().to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let number = |to: &mut Vec<u8>, key, kind: u8, value: u8| {
        Data::Text(key).write(to);
        to.extend([kind << 5 | 1, value]);
    };
    file.push(7 << 5 | 9);
    number(&mut file, "binary_format_major_version", 5, 2);
    number(&mut file, "binary_format_minor_version", 5, 0);
    // A number of 64 bits is an extended type.
    Data::Text("build_epoch").write(&mut file);
    file.extend([1, 2, 1]);
    Data::Text("database_type").write(&mut file);
    Data::Text("Test").write(&mut file);
    Data::Text("description").write(&mut file);
    Data::Map(vec![("en", Data::Text("A test"))]).write(&mut file);
    number(&mut file, "ip_version", 5, 4);
    // So is a list.
    Data::Text("languages").write(&mut file);
    file.extend([1, 4]);
    Data::Text("en").write(&mut file);
    number(&mut file, "node_count", 6, 1);
    number(&mut file, "record_size", 5, 24);
    file
}

fn opened(bytes: &[u8]) -> Result<Databases, MmdbError> {
    let place = tempfile::NamedTempFile::new().unwrap();
    fs::write(place.path(), bytes).unwrap();
    let mut databases = Databases::default();
    databases.add(place.path()).map(|()| databases)
}

fn texts(found: &Whereabouts) -> (Option<&str>, Option<&str>) {
    (found.location.as_ref().map(Untrusted::raw), found.operator.as_ref().map(Untrusted::raw))
}

fn named(name: &'static str) -> Data {
    Data::Map(vec![("names", Data::Map(vec![("en", Data::Text(name))])), ("iso_code", Data::Text("CH"))])
}

#[test]
fn vendors_name_the_same_things_differently() {
    let maxmind = Data::Map(vec![("city", named("Zurich")), ("country", named("Switzerland"))]);
    let flat = Data::Map(vec![("country_code", Data::Text("CH"))]);
    let databases = opened(&file(&maxmind, &flat)).unwrap();
    assert_eq!(texts(&databases.of("1.2.3.4".parse().unwrap())), (Some("Zurich, Switzerland"), None));
    assert_eq!(texts(&databases.of("200.2.3.4".parse().unwrap())), (Some("CH"), None));
    assert!(databases.of("2001:db8::1".parse().unwrap()).is_empty(), "a file of IPv4");
    let numbered = Data::Map(vec![
        ("autonomous_system_number", Data::Number(64_496)),
        ("autonomous_system_organization", Data::Text("Example Net")),
    ]);
    let flat_asn = Data::Map(vec![
        ("asn", Data::Text("AS64497")),
        ("as_name", Data::Text("Other")),
        ("country", Data::Text("DE")),
        ("city", Data::Text(" ")),
    ]);
    let databases = opened(&file(&numbered, &flat_asn)).unwrap();
    assert_eq!(texts(&databases.of("1.2.3.4".parse().unwrap())), (None, Some("AS64496 Example Net")));
    assert_eq!(texts(&databases.of("200.2.3.4".parse().unwrap())), (Some("DE"), Some("AS64497 Other")));
}

#[test]
fn databases_complete_each_other_and_the_first_one_decides() {
    let country = |name| Data::Map(vec![("country_name", Data::Text(name))]);
    let asn = Data::Map(vec![("asn", Data::Text("AS1")), ("country_code", Data::Text("XX"))]);
    let place = tempfile::tempdir().unwrap();
    let mut databases = Databases::default();
    assert!(databases.is_empty());
    for (name, bytes) in [("a", file(&country("A"), &country("B"))), ("b", file(&asn, &asn))] {
        fs::write(place.path().join(name), bytes).unwrap();
        databases.add(&place.path().join(name)).unwrap();
    }
    assert_eq!(texts(&databases.of("1.2.3.4".parse().unwrap())), (Some("A"), Some("AS1")));
}

#[test]
fn a_file_that_is_broken_or_none_is_refused_with_the_reason() {
    let place = tempfile::tempdir().unwrap();
    let reason = |error: MmdbError| error.to_string();
    let mut databases = Databases::default();
    assert!(reason(databases.add(place.path()).unwrap_err()).contains("not a file"));
    assert!(reason(databases.add(&place.path().join("none")).unwrap_err()).contains("cannot be read"));
    let sound = file(&named("A"), &named("B"));
    for bytes in [&b""[..], b"country,CH", &sound[..sound.len() / 2], &sound[1..]] {
        assert!(reason(opened(bytes).unwrap_err()).contains("not a sound MaxMind DB file"));
    }
}

/// Whatever a byte becomes, and wherever the file ends: it is refused, or it answers.
#[test]
fn a_hostile_file_never_brings_the_program_down() {
    let sound = file(
        &Data::Map(vec![("city", named("Zurich")), ("country", named("Switzerland"))]),
        &Data::Map(vec![("autonomous_system_number", Data::Number(1)), ("asn", Data::Text("AS1"))]),
    );
    let answered = |bytes: Vec<u8>| {
        let databases = opened(&bytes).unwrap_or_default();
        let found = ["0.0.0.0", "255.255.255.255", "::1"].map(|ip| databases.of(ip.parse().unwrap()));
        !found.iter().all(Whereabouts::is_empty)
    };
    let mut answers = 0;
    for at in 0..sound.len() {
        for value in [0, 1, 0x1f, 0x20, 0x3f, 0x7f, 0x80, 0xe0, 0xff, sound[at] ^ 1, sound[at] ^ 0x20] {
            let mut bytes = sound.clone();
            bytes[at] = value;
            answers += usize::from(answered(bytes));
        }
        answers += usize::from(answered(sound[..at].to_vec()));
    }
    assert!(answers > 100, "{answers} of these files were sound");
}

/// A folder with a configuration and its databases: one of cities, whose texts are hostile, and one of networks.
fn workspace() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let city = Data::Map(vec![("city", Data::Text("Zu<b>\u{202e}rich")), ("country", named("Switzerland"))]);
    let net = Data::Map(vec![
        ("autonomous_system_number", Data::Number(64_496)),
        ("autonomous_system_organization", Data::Text("Example Net")),
    ]);
    fs::create_dir(place.path().join("lists")).unwrap();
    fs::write(place.path().join("lists/city.mmdb"), file(&city, &city)).unwrap();
    fs::write(place.path().join("lists/net.mmdb"), file(&net, &net)).unwrap();
    let config = "[addresses]\nmmdb = [\"lists/city.mmdb\", \"lists/net.mmdb\"]\n[watchlists]\n\
                  trusted-cidrs = [\"192.0.2.0/24\"]\n";
    fs::write(place.path().join("trailbrief.toml"), config).unwrap();
    place
}

/// Sign-ins of the root user from these addresses.
fn sign_ins(addresses: &[&str]) -> Vec<Value> {
    let record = |(number, address): (usize, &&str)| {
        let mut record = base("console-login-root");
        record["eventTime"] = json!(format!("2026-03-10T12:00:{number:02}Z"));
        record["eventID"] = json!(format!("{number:08x}-0000-4000-8000-000000000000"));
        record["sourceIPAddress"] = json!(address);
        record
    };
    addresses.iter().enumerate().map(record).collect()
}

const PATH: &str = "AWSLogs/123456789012/CloudTrail/us-east-1/2026/03/10/a.json.gz";

#[tokio::test]
async fn an_unknown_address_has_its_place_and_network_beside_it() {
    let place = workspace();
    let app = App::load(Some(&place.path().join("trailbrief.toml"))).unwrap();
    let records = sign_ins(&["198.51.100.7", "192.0.2.9", "signin.amazonaws.com", "2001:db8::1"]);
    let source = Source::Memory([(PATH.to_owned(), log_file(&records))].into_iter().collect::<Memory>());
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let window = Window::new(at("2026-03-10"), at("2026-03-11")).unwrap();
    let detection = app.library.get(&"iam.root-console-login".parse().unwrap()).unwrap();
    let job = Job::on_demand(window, vec![detection], Logs::Files(&source), at("2026-03-12"));
    let brief = run::run(&app.context, job, &Arc::default(), &mut NoLedger).await.unwrap().brief;
    assert_eq!(brief.findings.len(), 4);
    let known: Vec<&str> = brief.addresses.keys().map(String::as_str).collect();
    assert_eq!(known, ["198.51.100.7"], "not what the organization knows, nor what no file holds");

    let style = TextStyle { width: 200, color: false };
    let text = render::text(&brief, style);
    let beside = "Zu<b>\\u{202e}rich, Switzerland, AS64496 Example Net";
    assert!(text.contains(&format!("198.51.100.7 (outside the trusted networks, {beside}")), "{text}");
    assert!(text.contains(&format!("from 198.51.100.7 ({beside})")), "{text}");
    let html = render::html(&brief).unwrap();
    assert!(html.contains("AS64496 Example Net") && !html.contains("Zu<b>"), "{html}");
    assert!(render::slack(&brief).contains("AS64496 Example Net"));
    let written: Value = serde_json::from_str(&render::json(&brief)).unwrap();
    let expected = json!([{
        "address": "198.51.100.7", "location": "Zu<b>\u{202e}rich, Switzerland", "operator": "AS64496 Example Net",
    }]);
    assert_eq!(written["addresses"], expected);
    crate::render::schema::check(&brief);
    assert_eq!(render::text(&render::read(&render::json(&brief)).unwrap(), style), text, "of the archive");
}

/// Runs the program in a workspace with logs.
fn shown(place: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = trailbrief(place, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn an_investigation_shows_where_addresses_are() {
    let place = workspace();
    let logs = place.path().join("logs").join(PATH);
    fs::create_dir_all(logs.parent().unwrap()).unwrap();
    fs::write(logs, log_file(&sign_ins(&["198.51.100.7"]))).unwrap();
    let asked = [
        "investigate",
        "--ip",
        "198.51.100.7",
        "--logs",
        "logs",
        "--from",
        "2026-03-10",
        "--to",
        "2026-03-11",
    ];
    let (code, text, errors) = shown(place.path(), &asked);
    assert_eq!(code, Some(0), "{errors}");
    assert!(text.contains("Switzerland, AS64496 Example"), "{text}");
    let (_, text, _) = shown(place.path(), &[&asked[..], &["--format", "json"]].concat());
    let case: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(case["addresses"][0]["operator"], "AS64496 Example Net");
}

#[test]
fn a_broken_database_is_named_with_its_place_in_the_configuration() {
    let place = workspace();
    fs::write(place.path().join("lists/net.mmdb"), "asn,name").unwrap();
    let message = "net.mmdb`: it is not a sound MaxMind DB file";
    let (code, text, _) = shown(place.path(), &["check"]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains(message) && text.contains("trailbrief.toml:2:"), "{text}");
    let run = ["run", "--logs", ".", "--from", "2026-03-10", "--to", "2026-03-11"];
    let (code, _, errors) = shown(place.path(), &run);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains(message) && errors.contains("remove it from `[addresses] mmdb`"), "{errors}");
}
