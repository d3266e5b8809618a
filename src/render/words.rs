//! Numbers, lengths of time and lists as words.
//!
//! Pure text; knows no medium and no part of the brief.

use crate::domain::{
    price::{Price, Requests},
    time::Span,
};

/// What people read for a finding whose state is `repeated`.
pub(super) const ALREADY_REPORTED: &str = "already reported";

/// What people read for a finding whose actor had not done such a thing before.
pub(super) const FIRST_TIME: &str = "first time in 90 days";

/// A number with its thousands separated: `12,345`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number with its noun: `1 finding`, `12 findings`.
pub(super) fn count(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{} {noun}s", number(n)) }
}

/// A number with a noun whose plural is not regular: `1 story`, `12 stories`.
pub(super) fn count_of(n: u64, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", number(n)) }
}

/// Records lost to damage. Damage can hide more records than can be counted, so this is a lower bound.
pub(super) fn lost(records: u64) -> String {
    format!("at least {} lost", count(records, "record"))
}

/// Records that cannot be counted.
pub(super) const NOT_KNOWN: &str = "how many records are lost is not known";

/// Records lost to all damage: their number, or that there are none, or that nobody can say.
pub(super) fn lost_in_all(records: u64, is_uncounted: bool) -> String {
    match (records, is_uncounted) {
        (0, false) => "no records are known to be lost".to_owned(),
        (0, true) => NOT_KNOWN.to_owned(),
        (n, _) => lost(n),
    }
}

/// Bytes in the unit that reads best, decimal as storage is billed: `1.2 GB`.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub(super) fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["bytes", "kB", "MB", "GB", "TB"] {
        if value < 999.95 || unit == "TB" {
            return if unit == "bytes" { format!("{n} bytes") } else { format!("{value:.1} {unit}") };
        }
        value /= 1_000.0;
    }
    format!("{n} bytes")
}

/// US dollars, to the cent, and finer below one: `$1.25`, `$0.0042`.
pub(super) fn dollars(usd: f64) -> String {
    if !usd.is_finite() {
        "unknown".to_owned()
    } else if usd == 0.0 {
        "$0".to_owned()
    } else if usd.abs() < 0.000_1 {
        "under $0.0001".to_owned()
    } else if usd.abs() < 1.0 {
        format!("${usd:.4}")
    } else {
        format!("${usd:.2}")
    }
}

/// What a run costs, with its parts where there is more than one.
pub(super) fn price(price: &Price) -> String {
    let (total, requests) = (dollars(price.total_usd()), price.requests);
    if requests == Requests::default() {
        return total;
    }
    let mut parts = Vec::new();
    if price.athena_usd > 0.0 {
        parts.push(format!("Athena {}", dollars(price.athena_usd)));
    }
    parts.push(format!(
        "S3 {} for {} and {}",
        dollars(price.s3_usd()),
        count(requests.gets, "GET"),
        count(requests.lists, "LIST")
    ));
    if requests.decrypts > 0 {
        parts.push(format!("KMS {} for {}", dollars(price.kms_usd()), count(requests.decrypts, "request")));
    }
    if requests.unknown > 0 {
        parts.push(format!(
            "up to {} more if a KMS key without a bucket key encrypts the files",
            dollars(price.kms_usd_more())
        ));
    }
    format!("{total}: {}", parts.join("; "))
}

/// The program behind a user agent, as people call it: `aws-cli 2.28.4 (kali)`, `a browser`.
pub(super) fn agent(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let distribution = ["kali", "parrot", "pentoo"].into_iter().find(|name| lower.contains(name));
    let program = if lower.contains("terraform") {
        "Terraform".to_owned()
    } else if lower.starts_with("console.") || lower == "aws internal" {
        "the console".to_owned()
    } else if lower.trim_start_matches('[').starts_with("mozilla/") {
        "a browser".to_owned()
    } else {
        let first = text.trim_start_matches('[').split([' ', ']']).next().unwrap_or(text);
        first.replacen('/', " ", 1)
    };
    match distribution {
        Some(distribution) => format!("{program} on {distribution}"),
        None => program,
    }
}

/// A text with names as people know them: of an ARN the resource, of a role of Identity Center its permission set.
pub(super) fn with_names(text: &str) -> String {
    if !text.contains("arn:") && !text.contains(RESERVED) {
        return text.to_owned();
    }
    let words = text.split(' ').map(|word| {
        let name = word.trim_end_matches([',', '.', ':', ';', ')']);
        format!("{}{}", name_of(name), &word[name.len()..])
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What the names of roles begin with that Identity Center makes.
const RESERVED: &str = "AWSReservedSSO_";

/// The name in an ARN: `Deploy/ci` in `arn:aws:sts::111122223333:assumed-role/Deploy/ci`. Other texts stay as they are.
fn name_of(word: &str) -> String {
    let parts: Vec<&str> = word.splitn(6, ':').collect();
    let name = match parts[..] {
        ["arn", _, "s3", _, _, bucket] if !bucket.is_empty() => bucket,
        // Every account has a root.
        ["arn", _, "iam" | "sts", _, account, "root"] => return format!("root of {account}"),
        ["arn", _, _, _, _, resource] if !resource.is_empty() => {
            resource.split_once(['/', ':']).map_or(resource, |(_, name)| name)
        }
        _ => word,
    };
    if name.is_empty() {
        return word.to_owned();
    }
    let (role, session) = name.split_once('/').unwrap_or((name, ""));
    let set = role.strip_prefix(RESERVED).and_then(|rest| rest.rsplit_once('_'));
    match set.filter(|(set, id)| !set.is_empty() && id.len() == 16) {
        Some((set, _)) if session.is_empty() => set.to_owned(),
        Some((set, _)) => format!("{set}/{session}"),
        None => name.to_owned(),
    }
}

/// A length of time in its largest whole unit: `24 hours`, `15 minutes`.
pub(super) fn span(span: Span) -> String {
    let seconds = span.seconds().unsigned_abs();
    for (factor, noun) in [(86_400, "day"), (3_600, "hour"), (60, "minute")] {
        if seconds > 0 && seconds.is_multiple_of(factor) {
            return count(seconds / factor, noun);
        }
    }
    count(seconds, "second")
}

/// The first `max` of a list, then how many more: `a, b, c … and 5 more`.
pub(super) fn list<S: AsRef<str>>(items: &[S], max: usize) -> String {
    // Showing the last item is as short as saying that there is one more.
    let shown = if items.len() <= max + 1 { items.len() } else { max };
    let text = items[..shown].iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match items.len() - shown {
        0 => text,
        more => format!("{text} … and {} more", number(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(999), "999");
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(0, "file"), "0 files");
        assert_eq!(lost(1), "at least 1 record lost");
        assert_eq!(lost_in_all(0, false), "no records are known to be lost");
        assert_eq!(lost_in_all(0, true), "how many records are lost is not known");
        assert_eq!(lost_in_all(2, true), "at least 2 records lost");
        assert_eq!(bytes(0), "0 bytes");
        assert_eq!(bytes(1_234_567), "1.2 MB");
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
        assert_eq!(dollars(0.004_2), "$0.0042");
        assert_eq!(dollars(12.0), "$12.00");
    }

    #[test]
    fn lengths_of_time_have_their_largest_unit() {
        assert_eq!(span(Span::from_s(86_400)), "1 day");
        assert_eq!(span(Span::from_s(90_000)), "25 hours");
    }

    #[test]
    fn names_are_those_that_people_know() {
        for (text, name) in [
            ("arn:aws:iam::111122223333:user/ops/ann ran X", "ops/ann ran X"),
            ("by arn:aws:sts::111122223333:assumed-role/Deploy/ci.", "by Deploy/ci."),
            ("arn:aws:s3:::bucket/a/b", "bucket/a/b"),
            ("arn:aws:iam::111122223333:root", "root of 111122223333"),
            ("arn:aws:sts::111122223333:assumed-role/deploy/root", "deploy/root"),
            ("arn:aws:sns:eu-west-1:111122223333:topic", "topic"),
            ("as role AWSReservedSSO_Admin_0123456789abcdef (2 times)", "as role Admin (2 times)"),
            ("AWSReservedSSO_Admin_0123456789abcdef/ann@example.com", "Admin/ann@example.com"),
            ("arn: and arn:aws:x", "arn: and arn:aws:x"),
            ("arn:aws:iam::111122223333:user/", "arn:aws:iam::111122223333:user/"),
        ] {
            assert_eq!(with_names(text), name);
        }
    }

    #[test]
    fn programs_have_short_names() {
        for (text, name) in [
            ("aws-cli/2.28.4 md/awscrt#0.27.4 os/linux#6.12.38+kali-amd64", "aws-cli 2.28.4 on kali"),
            ("[aws-sdk-go/1.2 (linux)]", "aws-sdk-go 1.2"),
            ("Mozilla/5.0 (X11; Linux x86_64)", "a browser"),
            ("APN/1.0 HashiCorp/1.0 Terraform/1.14.3", "Terraform"),
            ("console.ec2.amazonaws.com", "the console"),
            ("cloudformation.amazonaws.com", "cloudformation.amazonaws.com"),
        ] {
            assert_eq!(agent(text), name);
        }
    }

    #[test]
    fn lists_say_how_much_they_leave_out() {
        assert_eq!(list(&["a", "b", "c"], 2), "a, b, c");
        assert_eq!(list(&["a", "b", "c", "d"], 2), "a, b … and 2 more");
    }
}
