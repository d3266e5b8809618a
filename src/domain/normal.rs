//! What the fields of a record mean where it leaves them out or writes them in another way.
//!
//! The embedded engine applies these rules to records, the statements on Athena apply them in SQL. Empty text counts as absent
//! in every field.

use super::time::Timestamp;

/// What stands for success in `errorCode`, in lower case.
pub const NO_ERROR: [&str; 9] = ["", "-", "0", "200", "n/a", "none", "null", "ok", "success"];

/// How the names of calls begin that only read.
pub const READ_PREFIXES: [&str; 16] = [
    "Get",
    "List",
    "Describe",
    "Head",
    "Lookup",
    "BatchGet",
    "BatchDescribe",
    "Search",
    "Query",
    "Scan",
    "Check",
    "Preview",
    "Simulate",
    "Estimate",
    "Validate",
    "AssumeRole",
];

/// Further calls that CloudTrail records as read-only.
pub const READS: [&str; 4] = ["Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"];

/// Calls that begin like those that only read, and that CloudTrail does not record as read-only.
pub const WRITES: [&str; 3] = ["GetFederationToken", "GetSessionToken", "GetSigninToken"];

/// The service of console sign-ins.
pub const SIGN_IN: &str = "signin.amazonaws.com";

/// How the ARN of an identity ends or what it contains, and the type of identity that this shows.
pub const TYPES_BY_ARN: [(&str, &str); 4] = [
    ("%:user/%", "IAMUser"),
    ("%:assumed-role/%", "AssumedRole"),
    ("%:federated-user/%", "FederatedUser"),
    ("%:root", "Root"),
];

/// Whether an error code says that the call succeeded.
#[must_use]
pub fn is_no_error(code: &str) -> bool {
    NO_ERROR.iter().any(|known| known.eq_ignore_ascii_case(code))
}

/// Whether a call only reads, by its name: what a record without `readOnly` has there.
#[must_use]
pub fn is_read(event_name: &str) -> bool {
    READS.contains(&event_name)
        || READ_PREFIXES.iter().any(|prefix| event_name.starts_with(prefix)) && !WRITES.contains(&event_name)
}

/// When an event happened: an ISO time, in UTC if it names no zone, with or without its seconds, or the seconds,
/// milliseconds, microseconds or nanoseconds since 1970.
#[must_use]
pub fn event_time(text: &str) -> Option<Timestamp> {
    Timestamp::parse_iso(text).or_else(|| {
        let text = text.trim();
        if text.as_bytes().get(4) != Some(&b'-') {
            return since_1970(text);
        }
        // Only an ISO date has a `-` there; the time follows a `T` or a space.
        let (date, time) = text.split_at_checked(10)?;
        let time = time.strip_prefix([' ', 'T', 't'])?;
        let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
        let (clock, zone) = time.split_at(zone);
        let clock =
            if clock.len() == "12:00".len() { format!("{clock}:00") } else { clock.trim_end().to_owned() };
        Timestamp::parse_iso(&format!("{date}T{clock}{}", if zone.is_empty() { "Z" } else { zone }))
    })
}

/// A time as a number: the unit is the one that makes it a time between 1973 and 5138.
fn since_1970(text: &str) -> Option<Timestamp> {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+');
    let number: f64 = text.chars().all(is_number).then(|| text.parse().ok())??;
    let seconds =
        [1.0, 1e3, 1e6, 1e9].into_iter().map(|unit| number / unit).find(|seconds| *seconds < 1e11)?;
    (seconds >= 1e8).then(|| Timestamp::from_unix_s(seconds as i64))
}

/// The type of an event whose record has none.
#[must_use]
pub fn event_type(event_source: &str) -> &'static str {
    if event_source == SIGN_IN { "AwsConsoleSignIn" } else { "AwsApiCall" }
}

/// The type of an identity of which a record says nothing.
pub const UNKNOWN_TYPE: &str = "Unknown";
/// The type of an identity without an ARN behind which a service stands.
pub const SERVICE_TYPE: &str = "AWSService";

/// The type of an identity whose record has none, by its ARN and the service that called for it.
#[must_use]
pub fn identity_type(arn: Option<&str>, invoked_by: Option<&str>) -> &'static str {
    let other = if invoked_by.is_some() { SERVICE_TYPE } else { UNKNOWN_TYPE };
    arn.and_then(type_by_arn).unwrap_or(other)
}

fn type_by_arn(arn: &str) -> Option<&'static str> {
    let matches = |pattern: &str| match pattern.trim_start_matches('%').strip_suffix('%') {
        Some(inside) => arn.contains(inside),
        None => arn.ends_with(pattern.trim_start_matches('%')),
    };
    TYPES_BY_ARN.iter().find(|(pattern, _)| matches(pattern)).map(|(_, kind)| *kind)
}

/// The 128 bits of a UUID, in either case of letters; `None` for any other text. Only a UUID is an event's id.
#[must_use]
pub fn uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut value = 0u128;
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

/// The fields of an identity that name it, as far as its record has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// `type`.
    pub kind: Option<&'a str>,
    /// `principalId`.
    pub principal: Option<&'a str>,
    /// `accountId`.
    pub account: Option<&'a str>,
    /// `invokedBy`.
    pub invoked_by: Option<&'a str>,
    /// `credentialId`.
    pub credential: Option<&'a str>,
    /// `onBehalfOf.userId`.
    pub user: Option<&'a str>,
    /// `onBehalfOf.identityStoreArn`.
    pub store: Option<&'a str>,
}

impl Identity<'_> {
    /// The name of an identity without an ARN and a user name; `None` if its principal or the service behind it names it.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        let is_nobody = |text: &str| {
            ["anonymous", "anonymous_principal"].iter().any(|nobody| text.eq_ignore_ascii_case(nobody))
        };
        if self.account.is_some_and(is_nobody) || self.principal.is_some_and(is_nobody) {
            return Some("anonymous".to_owned());
        }
        if let Some(user) = self.user {
            // The same user id in another identity store is another person.
            let store = self.store.and_then(|arn| arn.rsplit('/').next());
            let of = store.map(|store| format!(" of {store}")).unwrap_or_default();
            return Some(format!("Identity Center user {user}{of}"));
        }
        let of = self.account.map(|account| format!(" of account {account}")).unwrap_or_default();
        match (self.kind?, self.principal, self.account) {
            ("AWSAccount", Some(principal), Some(_)) => Some(format!("{principal}{of}")),
            ("AWSAccount", None, Some(account)) => Some(format!("account {account}")),
            ("AWSAccount", None, None) => Some("an unknown account".to_owned()),
            ("IdentityCenterUser", None, _) => Some(match self.credential {
                Some(credential) => format!("Identity Center user with credential {credential}{of}"),
                None => format!("unknown Identity Center user{of}"),
            }),
            (kind, None, Some(_)) if self.invoked_by.is_none() => Some(format!("{kind}{of}")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_has_many_spellings_and_errors_are_errors() {
        for code in ["", "200", "None", "SUCCESS"] {
            assert!(is_no_error(code), "{code}");
        }
        for code in ["AccessDenied", "404", "Client.UnauthorizedOperation", " "] {
            assert!(!is_no_error(code), "{code}");
        }
        assert!(NO_ERROR.iter().all(|code| code.to_ascii_lowercase() == *code), "SQL compares in lower case");
    }

    #[test]
    fn times_have_many_spellings() {
        for text in [
            "2026-03-10T12:00:07Z",
            "2026-03-10T14:00:07.5+02:00",
            "2026-03-10 12:00:07",
            "2026-03-10 12:00:07.000000000",
            "2026-03-10T12:00:07",
            "2026-03-10 14:00:07 +02:00",
            "1773144007",
            "1773144007000",
            "1773144007000000",
            "1773144007.25",
            "1.773144007E9",
        ] {
            assert_eq!(
                event_time(text).map(|at| at.to_string()).as_deref(),
                Some("2026-03-10T12:00:07Z"),
                "{text}"
            );
        }
        for (number, time) in [
            ("100000000", "1973-03-03T09:46:40Z"),
            ("99999999999", "5138-11-16T09:46:39Z"),
            ("100000000000", "1973-03-03T09:46:40Z"),
        ] {
            assert_eq!(event_time(number).map(|at| at.to_string()).as_deref(), Some(time), "{number}");
        }
        for text in ["2026-03-10T12:00Z", "2026-03-10 12:00", "2026-03-10T13:00+01:00"] {
            assert_eq!(
                event_time(text).map(|at| at.to_string()).as_deref(),
                Some("2026-03-10T12:00:00Z"),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            "2026-03-10",
            "2026-03-10T",
            "2026-03-10x12:00",
            "Mar 10, 2026, 12:00:09 PM",
            "20260310T120011Z",
            "12:00",
            "42",
            "1e999",
            "1e30",
            "NaN",
            "2026-03-10 25:00:00",
            "2026-é3-10 12:00:00",
            "....-",
            "é",
            "   -",
        ] {
            assert_eq!(event_time(text), None, "{text}");
        }
    }

    #[test]
    fn calls_that_only_read_are_known_by_their_names() {
        for name in
            ["GetObject", "ListFunctions20150331", "DescribeInstances", "AssumeRoleWithSAML", "Decrypt"]
        {
            assert!(is_read(name), "{name}");
        }
        for name in ["DeleteUser", "GetFederationToken", "CreateUser", "ConsoleLogin", "", "EncryptAll"] {
            assert!(!is_read(name), "{name}");
        }
    }

    #[test]
    fn the_type_follows_from_the_arn() {
        let of = |rest: &str| type_by_arn(&format!("arn:aws:iam::123456789012:{rest}"));
        assert_eq!((identity_type(None, Some("a")), identity_type(None, None)), ("AWSService", "Unknown"));
        assert_eq!(identity_type(Some("arn:aws:iam::123456789012:root"), Some("a")), "Root");
        assert_eq!(
            (of("root"), of("user/alice"), of("user/root")),
            (Some("Root"), Some("IAMUser"), Some("IAMUser"))
        );
        assert_eq!((of("assumed-role/a/b"), of("role/a")), (Some("AssumedRole"), None));
        assert_eq!((event_type(SIGN_IN), event_type("s3.amazonaws.com")), ("AwsConsoleSignIn", "AwsApiCall"));
    }

    #[test]
    fn an_identity_without_an_arn_has_a_name_of_its_own() {
        let account =
            Identity { kind: Some("AWSAccount"), account: Some("210987654321"), ..Identity::default() };
        let stranger = Identity { principal: Some("AIDAEXAMPLE"), ..account };
        let center = |user, store| Identity {
            kind: Some("IdentityCenterUser"),
            user: Some(user),
            store: Some(store),
            ..Identity::default()
        };
        let unknown = Identity { kind: Some("IdentityCenterUser"), ..account };
        for (identity, name) in [
            (Identity { account: Some("ANONYMOUS_PRINCIPAL"), ..account }, Some("anonymous")),
            (Identity { principal: Some("Anonymous"), ..account }, Some("anonymous")),
            (account, Some("account 210987654321")),
            (stranger, Some("AIDAEXAMPLE of account 210987654321")),
            (
                center("u-1", "arn:aws:identitystore::123456789012:identitystore/d-1"),
                Some("Identity Center user u-1 of d-1"),
            ),
            (center("u-1", "d-2"), Some("Identity Center user u-1 of d-2")),
            (unknown, Some("unknown Identity Center user of account 210987654321")),
            (
                Identity { credential: Some("c-1"), account: None, ..unknown },
                Some("Identity Center user with credential c-1"),
            ),
            (Identity { principal: Some("u-3"), ..unknown }, None),
            (Identity { kind: Some("AWSService"), invoked_by: Some("ec2.amazonaws.com"), ..account }, None),
            (Identity { kind: Some("Unknown"), ..account }, Some("Unknown of account 210987654321")),
            (Identity { kind: Some("AWSAccount"), ..Identity::default() }, Some("an unknown account")),
            (Identity::default(), None),
        ] {
            assert_eq!(identity.name().as_deref(), name, "{identity:?}");
        }
    }
}
