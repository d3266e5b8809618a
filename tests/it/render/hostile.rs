//! Briefs that somebody wrote against us: hostile text everywhere, and more of it than anybody can read.

use trailbrief::testing::domain::{
    brief::{Brief, Failure, MissingRegion, Problem},
    detection::Detection,
    finding::Finding,
    rows::Value,
    severity::Severity,
    untrusted::Untrusted,
};

use super::{
    bad_day::large,
    daily::daily,
    sample::{detection, finding, id, some},
    set_aside::{truncated, undecidable},
};

/// What an attacker writes into every field that can be written.
pub const EVIL: &str = "</td><script>alert(1)</script>\u{1b}[2J\u{202e}gnp.exe\u{200b}\n=HYPERLINK(\"http://evil.example/\",\"x\")\r\n<!channel> <http://evil.example|click> `code` *bold* {{ 7*7 }} & https://evil.example/login admin@evil.example";

/// Writes a text into every field that is not ours alone: records, names, files, reasons, headers.
pub fn scribble(brief: &mut Brief, mut text: impl FnMut() -> String) {
    let suppressed = brief.suppressed.iter_mut().map(|(finding, _)| finding);
    for finding in brief.findings.iter_mut().chain(suppressed) {
        for field in [
            &mut finding.actor,
            &mut finding.action,
            &mut finding.resource,
            &mut finding.source_ip,
            &mut finding.region,
            &mut finding.account_id,
            &mut finding.event_id,
        ] {
            *field = Some(Untrusted::new(text()));
        }
        finding.says = Untrusted::new(text());
        finding.account_name = Some(text());
        finding.event_ids = vec![Untrusted::new(text()), Untrusted::new(text())];
        finding.details = vec![
            (text(), Value::Text(text())),
            ("list".to_owned(), Value::List(vec![Value::Text(text()), Value::Null])),
            ("fields".to_owned(), Value::Fields(vec![(text(), Value::Text(text()))])),
        ];
    }
    for problem in &mut brief.problems {
        problem.file = text();
        problem.reason = text();
    }
    for undecidable in &mut brief.undecidable {
        let event = &mut undecidable.event;
        event.event_id = Some(Untrusted::new(text()));
        event.account_id = Some(Untrusted::new(text()));
        event.file = Some(text());
        event.reason = text();
    }
    for (actor, _) in brief.truncated.iter_mut().flat_map(|truncation| &mut truncation.left_out) {
        *actor = Some(Untrusted::new(text()));
    }
    for failure in &mut brief.failures {
        failure.reason = text();
        failure.hint = Some(text());
    }
    super::stories::scribble(&mut brief.stories, &mut text);
    super::daily::scribble(brief, &mut text);
    for used in &mut brief.suppressions {
        let rule = &mut used.suppression;
        for field in [&mut rule.detection, &mut rule.condition, &mut rule.reason, &mut rule.owner] {
            *field = text();
        }
        used.error = Some(text());
    }
    for known in brief.detections.values_mut() {
        known.title = text();
        known.description = text();
        known.benign = vec![text(), text()];
        known.steps = vec![text(), text()];
        known.references = vec![text(), format!("https://{}", text())];
        known.cis = vec![text()];
    }
    brief.run.id = text();
    brief.run.source = text();
    brief.run.schedule = Some(text());
    brief.run.notes = vec![text()];
    let coverage = &mut brief.coverage;
    for list in [
        &mut coverage.accounts_seen,
        &mut coverage.accounts_silent,
        &mut coverage.accounts_unknown,
        &mut coverage.regions_seen,
        &mut coverage.regions_silent,
        &mut coverage.days_silent,
    ] {
        *list = vec![text(), text()];
    }
    coverage.folders_skipped = vec![(text(), 1)];
    coverage.regions_missing =
        vec![MissingRegion { account: text(), region: text(), last_file: brief.run.started }];
    coverage.idle = vec![(id("a.b"), text())];
}

/// A brief in which every text is hostile, and some are long.
pub fn hostile() -> Brief {
    let mut brief = daily();
    let mut nth = 0;
    scribble(&mut brief, || {
        nth += 1;
        if nth % 7 == 0 { format!("Mozilla/5.0 {} end", "A".repeat(10_000)) } else { EVIL.to_owned() }
    });
    brief
}

/// More than anybody can read: many findings of many detections, each value long.
pub fn enormous() -> Brief {
    let mut brief = large();
    let known: Vec<Detection> = (0..150)
        .map(|nth| Detection {
            title: format!("Detection {nth} {}", "with a long title ".repeat(20)),
            description: "It goes on and on. ".repeat(200),
            benign: vec!["A long explanation. ".repeat(50); 8],
            steps: vec!["A long step. ".repeat(50); 8],
            references: (0..6).map(|n| format!("https://example.com/{n}/{}", "x".repeat(300))).collect(),
            ..detection(&format!("many.d{nth}"), "", Severity::ALL[nth % 5])
        })
        .collect();
    let long = |what: &str, nth: u64| format!("{what}-{nth}-<&{}", "\"<&>'".repeat(40));
    for known in &known {
        brief.truncated.push(truncated(known));
        for nth in 0..5 {
            let mut odd = undecidable(known, &long("event", nth), false);
            odd.event.reason = long("reason", nth);
            brief.undecidable.push(odd);
            brief.findings.push(Finding {
                says: Untrusted::new(long("says", nth)),
                actor: some(&long("actor", nth)),
                resource: some(&long("resource", nth)),
                source_ip: some(&long("ip", nth)),
                details: (0..30).map(|n| (format!("d{n}"), Value::Text(long("detail", n)))).collect(),
                ..finding(known, nth)
            });
        }
    }
    brief.detections.extend(known.into_iter().map(|known| (known.id.clone(), known)));
    for nth in 0..200 {
        brief.failures.push(Failure {
            detection: id(&format!("failed.d{nth}")),
            reason: long("reason", nth),
            hint: Some(long("hint", nth)),
        });
        brief.problems.push(Problem {
            file: long("file", nth),
            reason: long("why", nth),
            records: nth,
            uncounted: true,
        });
        brief.run.notes.push(long("note", nth));
        brief.coverage.accounts_silent.push(long("account", nth));
        brief.coverage.regions_seen.push(long("region", nth));
        brief.coverage.folders_skipped.push((long("folder", nth), nth));
        brief.coverage.idle.push((id(&format!("idle.d{nth}")), long("idle", nth)));
        let mut used = brief.suppressions[0].clone();
        used.suppression.reason = long("reason", nth);
        used.suppression.condition = long("condition", nth);
        brief.suppressions.push(used);
    }
    brief
}
