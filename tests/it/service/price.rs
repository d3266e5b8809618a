//! What a run scans and costs, and how long it lists, is shown before it starts; what it scans is capped.

use serde_json::Value;

use super::{
    athena::Athena,
    canned::Canned,
    command,
    runs::{SAMPLE, asked, json, reported},
    stderr,
};

const HOUR: [&str; 6] =
    ["--from", "2026-03-11T08:00:00Z", "--to", "2026-03-11T09:00:00Z", "--format", "json"];

#[test]
fn one_statement_for_the_library_scans_and_lists_a_tenth_of_one_for_each() {
    let athena = Athena::start();
    let plan = asked(&athena, "", &[["plan"].as_slice(), &HOUR].concat());
    assert!(plan.status.success(), "{}", stderr(&plan));
    assert!(athena.executions().is_empty(), "a plan asks Athena nothing");
    let plan = json(&plan);
    let (planned, alone) = (&plan["estimate"]["planned"], &plan["estimate"]["each_alone"]);
    let number = |value: &Value| value.as_u64().unwrap();
    assert!(number(&alone["statements"]) > 40, "{alone}");
    for what in ["statements", "partitions", "bytes"] {
        assert!(number(&planned[what]) * 10 <= number(&alone[what]), "{what}: {planned} {alone}");
    }
    assert!(plan["questions"].as_array().unwrap().iter().all(|question| question["asked"] == "shared"));

    // A part of it is enough to run: a statement for each of the whole library takes minutes here.
    let some = |command| [[command].as_slice(), &HOUR, &["--query", "console.*,account.*"]].concat();
    let planned = &json(&asked(&athena, "", &some("plan")))["estimate"]["planned"];
    let brief = json(&asked(&athena, "", &some("run")));
    let executions = athena.executions();
    assert_eq!(executions.len(), 1);
    assert_eq!(executions[0].partitions, number(&planned["partitions"]));
    let (measured, estimated) = (number(&brief["run"]["bytes_scanned"]), number(&planned["bytes"]));
    assert!(measured / 2 < estimated && estimated < measured * 2, "{estimated} is not about {measured}");

    // The same, each detection by a statement of its own: as Athena counts it, and with the same findings.
    let each = Athena::start();
    let own = json(&asked(&each, "scan = \"own\"\n", &some("run")));
    let (alone, shared) = (each.executions(), &executions[0]);
    assert!(alone.len() > 12, "{}", alone.len());
    assert!(shared.partitions * 10 <= alone.iter().map(|execution| execution.partitions).sum());
    assert!(shared.scanned_bytes * 10 <= alone.iter().map(|execution| execution.scanned_bytes).sum());
    assert_eq!(own["failures"], serde_json::json!([]));
    assert!(!reported(&own).is_empty());
    assert_eq!(reported(&own), reported(&brief));
}

#[test]
fn what_would_scan_too_much_is_refused_before_anything_is_started() {
    let athena = Athena::start();
    let run = [["run"].as_slice(), &HOUR].concat();
    let mut said = Vec::new();
    for limit in ["run_bytes", "month_bytes"] {
        let output = asked(&athena, &format!("{limit} = \"1KB\"\n"), &run);
        assert_eq!(output.status.code(), Some(3));
        said.push(stderr(&output));
    }
    assert!(athena.executions().is_empty());
    assert!(
        said[0].contains("the run would scan about ")
            && said[0].contains("`run_bytes` in `[athena]` is 1 KB")
    );
    assert!(
        said[1].contains("0 B were scanned this month, and `month_bytes` in `[athena]` is 1 KB"),
        "{}",
        said[1]
    );
    // Ten megabytes at least, and what S3 asks for the listing.
    assert!(said.iter().all(|said| said.contains(" on Athena for $0.0")), "{said:?}");
    assert!(
        said.iter().all(|said| said.contains("ask for a shorter window or fewer detections")),
        "{said:?}"
    );
    let output = asked(&athena, "run_bytes = \"1GB\"\nmonth_bytes = \"1GB\"\n", &run);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn estimate_measured_cost_and_limits_count_with_the_price_that_is_configured() {
    let number = |value: &Value| value.as_f64().unwrap();
    let of = |command| [[command].as_slice(), &HOUR, &["--query", "iam.root*"]].concat();
    let costs: Vec<(f64, f64, f64)> = ["0.0", "6", "906.0"]
        .into_iter()
        .map(|price| {
            let athena = Athena::start();
            let more = format!("price_per_tb = {price}\n");
            let plan = json(&asked(&athena, &more, &of("plan")));
            let brief = json(&asked(&athena, &more, &of("run")));
            let more = format!("{more}run_bytes = \"1KB\"\n");
            let refused = stderr(&asked(&athena, &more, &of("run")));
            let limit = refused.split(" on Athena for $").nth(1).and_then(|rest| rest.split(',').next());
            let planned = number(&plan["estimate"]["planned"]["cost_usd"]);
            let (whole, cost) = (number(&brief["run"]["cost_usd"]), &brief["run"]["cost"]);
            let athena = number(&cost["athena_usd"]);
            // Each file is read once, with S3's own encryption; every partition is listed.
            assert!(number(&cost["s3_gets"]) > 0.0 && number(&cost["s3_lists"]) > 0.0, "{cost}");
            let requests = number(&cost["s3_usd"]) + number(&cost["kms_usd"]);
            assert!(requests > 0.0 && (whole - athena - requests).abs() < 1e-9, "{brief}");
            assert_eq!(number(&cost["kms_usd_at_most"]), 0.0, "{cost}");
            let months = plan["estimate"]["months"].as_object().unwrap();
            assert!(months.values().all(|month| number(&month["cost_usd"]) > planned), "{months:?}");
            (planned, athena, limit.unwrap().parse().unwrap())
        })
        .collect();
    let [nothing, some, much] = costs[..] else { panic!("{costs:?}") };
    // A statement counts as 10 MB: ten whole binary megabytes.
    let of_a_statement = 10.0 / f64::from(1 << 20);
    assert_eq!(nothing.1, 0.0);
    assert!((some.1 - 6.0 * of_a_statement).abs() < 1e-9, "{costs:?}");
    assert!((much.1 - some.1 - 900.0 * of_a_statement).abs() < 1e-9, "{costs:?}");
    // What S3 asks for listing is the same whatever Athena asks.
    assert!((much.0 - some.0 - 900.0 * of_a_statement).abs() < 1e-9, "{costs:?}");
    assert!(nothing.0 > 0.0 && (much.2 - much.0).abs() < 1e-4, "{costs:?}");
}

const LONG: [&str; 6] = ["--from", "2025-03-01", "--to", "2026-03-12", "--query", "iam.root*"];

#[test]
fn a_listing_that_takes_longer_than_a_run_waits_is_shown_before_anything_is_started() {
    let said = |text: &str, timeout: &str| {
        let end = format!(
            " partitions, 2 statements at once, and `timeout` in `[athena]` is {timeout}: ask for a shorter window, have \
             fewer `regions` in `[table]`, or give a longer `timeout`"
        );
        text.contains("Athena will take about 1 min to list ") && text.contains(&end)
    };
    let athena = Athena::start();
    let plan = |more: &str, form: &str| {
        let arguments = [["plan"].as_slice(), &LONG, &["--format", form]].concat();
        let output = asked(&athena, &format!("concurrency = 2\npartitions = 2000\n{more}"), &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        super::stdout(&output)
    };
    let text = plan("timeout = \"1s\"\n", "text");
    assert!(text.lines().any(|line| line.starts_with("note  ") && said(line, "1s")), "{text}");
    let object: Value = serde_json::from_str(&plan("timeout = \"2s\"\n", "json")).unwrap();
    assert!(object["notes"].as_array().unwrap().iter().any(|note| said(note.as_str().unwrap(), "2s")));
    let text = plan("", "text");
    assert!(!text.contains("Athena will take about"), "{text}");
    assert!(athena.executions().is_empty());

    // A run shows it at once, and in its brief.
    let more = "concurrency = 2\npartitions = 2000\ntimeout = \"1s\"\n";
    let run = [["run"].as_slice(), &LONG, &["--format", "json"]].concat();
    let output = asked(&athena, more, &run);
    assert!(stderr(&output).lines().any(|line| line.starts_with("note: ") && said(line, "1s")));
    let notes = json(&output)["run"]["notes"].clone();
    assert!(notes.as_array().unwrap().iter().any(|note| said(note.as_str().unwrap(), "1s")), "{notes}");
    let refusing = Canned::refusing(400, "AccessDeniedException", "you may not");
    let own = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(SAMPLE.folder.path().join("service.toml")).unwrap();
    let config = config.replace("[athena]\n", &format!("[athena]\n{more}"));
    std::fs::write(own.path().join("trailbrief.toml"), config).unwrap();
    let output = command(own.path(), &run).env("AWS_ENDPOINT_URL_ATHENA", &refusing.url).output().unwrap();
    let (note, error) = (stderr(&output).find("note: Athena will take"), stderr(&output).find("error: "));
    assert!(note.is_some() && note < error, "{}", stderr(&output));
}
