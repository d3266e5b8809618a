//! `[athena]`: how Athena is used where there is a table.

use std::{fmt, str::FromStr};

use super::{Sourced, ValueOrigin, limits::Bytes, load::sourced};
use crate::{
    domain::{account::AccountId, time::Span},
    library::{At, Lint, Place, Table},
};

/// `[athena]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AthenaConfig {
    /// `athena.workgroup`.
    pub workgroup: Sourced<String>,
    /// `athena.output`: where results go.
    pub output: Sourced<ResultPlace>,
    /// `athena.encryption`: how they are encrypted there.
    pub encryption: Sourced<ResultEncryption>,
    /// `athena.expected_bucket_owner`: the account that the bucket there must belong to.
    pub expected_bucket_owner: Sourced<BucketOwner>,
    /// `athena.concurrency`: statements that run at once.
    pub concurrency: Sourced<u64>,
    /// `athena.partitions`: partitions that one statement may list.
    pub partitions: Sourced<u64>,
    /// `athena.candidates`: candidates that a pack may have.
    pub candidates: Sourced<u64>,
    /// `athena.timeout`: how long the statements of a pack may take.
    pub timeout: Sourced<Span>,
    /// `athena.scan`: whether detections are asked together.
    pub scan: Sourced<Scan>,
    /// `athena.run_bytes`: what one run may scan, by its estimate; `None` if that is not limited.
    pub run_bytes: Option<Sourced<Bytes>>,
    /// `athena.month_bytes`: what the runs of a schedule may scan in a month; `None` if that is not limited.
    pub month_bytes: Option<Sourced<Bytes>>,
    /// `athena.price_per_tb`: what Athena asks for a terabyte scanned, in dollars.
    pub price_per_tb: Sourced<f64>,
}

/// How detections are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// One statement brings the candidates of all that can be asked so.
    Shared,
    /// Each by a statement of its own.
    Own,
}

impl Scan {
    /// Its name in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Own => "own",
        }
    }
}

/// Where results go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultPlace {
    /// Where the workgroup says.
    Workgroup,
    /// Below this address of S3.
    At(String),
}

/// How results are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultEncryption {
    /// As the workgroup says, else as the bucket does.
    NotSet,
    /// By S3 with a key of its own.
    SseS3,
    /// By S3 with this key of KMS.
    SseKms(String),
    /// By Athena with this key of KMS, before they reach S3.
    CseKms(String),
}

/// A text that is not a kind of encryption.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a kind of encryption: `sse-s3`, `sse-kms:<key>` or `cse-kms:<key>`, the key by its ARN or id"
)]
pub struct BadEncryption(pub String);

impl FromStr for ResultEncryption {
    type Err = BadEncryption;

    fn from_str(text: &str) -> Result<Self, BadEncryption> {
        let is_key = |key: &&str| {
            !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/-_".contains(&byte))
        };
        let key = |kind| text.strip_prefix(kind).filter(is_key).map(str::to_owned);
        if text == "sse-s3" {
            return Ok(Self::SseS3);
        }
        let kms = key("sse-kms:").map(Self::SseKms).or_else(|| key("cse-kms:").map(Self::CseKms));
        kms.ok_or_else(|| BadEncryption(text.to_owned()))
    }
}

impl fmt::Display for ResultEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSet => f.write_str("as the workgroup says"),
            Self::SseS3 => f.write_str("sse-s3"),
            Self::SseKms(key) => write!(f, "sse-kms:{key}"),
            Self::CseKms(key) => write!(f, "cse-kms:{key}"),
        }
    }
}

/// Whom the bucket of the results must belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketOwner {
    /// Whoever has it.
    Anyone,
    /// This account.
    Account(AccountId),
}

/// Athena's own limit of what one query reads.
const MOST_PARTITIONS: u64 = 1_000_000;

/// What Athena asks in most regions for a terabyte scanned, in dollars.
const USUAL_PRICE: f64 = 5.0;
/// No region asks so much: whoever gives more means another unit.
const HIGHEST_PRICE: f64 = 1_000.0;

/// Reads the table; `None` gives the defaults.
pub(super) fn read(given: Option<Table<'_>>) -> AthenaConfig {
    let table = given.as_ref();
    let take = |key| table.and_then(|table| table.take(key));
    let count = |key: &'static str, default: u64, most: u64| {
        let Some((item, table)) = take(key).zip(table) else { return Sourced::default(default) };
        match item.count() {
            Some(at) if (1..=most).contains(&at.value) => sourced(at),
            Some(at) => {
                let message = format!("`athena.{key}` is between 1 and {most}, not {}", at.value);
                table.report().error(Lint::BadValue, at.place, message);
                Sourced::default(default)
            }
            None => Sourced::default(default),
        }
    };
    let refuse = |place: Place, message: String| {
        if let Some(table) = table {
            table.report().error(Lint::BadValue, place, message);
        }
    };
    let workgroup = take("workgroup").and_then(|item| item.text()).map(|name| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=128).contains(&name.value.len()) || !name.value.bytes().all(fits) {
            let words = "a workgroup's name has 1 to 128 letters, digits, `.`, `_` and `-`";
            refuse(name.place, format!("`athena.workgroup`: {words}, not `{}`", name.value));
        }
        sourced(name)
    });
    let timeout = take("timeout").and_then(|item| item.parsed::<Span>()).map(|span| {
        if span.value == Span::ZERO {
            refuse(span.place, "`athena.timeout` needs more than no time".to_owned());
        }
        sourced(span)
    });
    let limit = |key: &'static str| {
        let bytes = take(key)?.parsed::<Bytes>()?;
        if bytes.value.get() == 0 {
            refuse(bytes.place, format!("`athena.{key}` needs more than nothing: no run could ever start"));
        }
        Some(sourced(bytes))
    };
    let price = take("price_per_tb").and_then(|item| item.number()).map(|price| {
        if !(0.0..=HIGHEST_PRICE).contains(&price.value) {
            let words = format!("is in dollars, between 0 and {HIGHEST_PRICE}");
            refuse(price.place, format!("`athena.price_per_tb` {words}, not {}", price.value));
        }
        sourced(price)
    });
    let output = take("output");
    let has_output = output.is_some();
    let output = output.and_then(|item| item.text()).and_then(|output| {
        if output.value.starts_with("s3://") && output.value.len() > "s3://".len() {
            let place = ResultPlace::At(output.value.trim_end_matches('/').to_owned() + "/");
            return Some(sourced(At { value: place, place: output.place }));
        }
        refuse(
            output.place,
            format!("`athena.output` is a place such as `s3://bucket/prefix/`, not `{}`", output.value),
        );
        None
    });
    let scan = |word: At<String>| {
        let known = [Scan::Shared, Scan::Own].into_iter().find(|scan| scan.as_str() == word.value);
        if known.is_none() {
            refuse(word.place, format!("`athena.scan` is \"shared\" or \"own\", not `{}`", word.value));
        }
        known.map(|value| sourced(At { value, place: word.place }))
    };
    let encryption = take("encryption").and_then(|item| item.parsed::<ResultEncryption>()).map(sourced);
    let owner = take("expected_bucket_owner")
        .and_then(|item| item.parsed::<AccountId>())
        .map(|owner| sourced(At { value: BucketOwner::Account(owner.value), place: owner.place }));
    if let (Some(table), false) = (table, has_output) {
        // Without a place of its own the workgroup decides, or Athena keeps the results itself.
        let given = [
            ("encryption", encryption.as_ref().map(|given| given.origin)),
            ("expected_bucket_owner", owner.as_ref().map(|given| given.origin)),
        ];
        for (key, origin) in given {
            let Some(ValueOrigin::File { line, column }) = origin else { continue };
            let message = format!("`athena.{key}` has no meaning without `athena.output`");
            let hint = "set `output`, or set it in the workgroup".to_owned();
            table.report().error_with(Lint::BadValue, Place { line, column }, message, Some(hint));
        }
    }
    let config = AthenaConfig {
        encryption: encryption.unwrap_or(Sourced::default(ResultEncryption::NotSet)),
        expected_bucket_owner: owner.unwrap_or(Sourced::default(BucketOwner::Anyone)),
        workgroup: workgroup.unwrap_or_else(|| Sourced::default("primary".to_owned())),
        output: output.unwrap_or(Sourced::default(ResultPlace::Workgroup)),
        concurrency: count("concurrency", 4, 100),
        partitions: count("partitions", 50_000, MOST_PARTITIONS),
        candidates: count("candidates", 200_000, 10_000_000),
        timeout: timeout.unwrap_or(Sourced::default(Span::from_s(1_200))),
        scan: take("scan")
            .and_then(|item| item.text())
            .and_then(scan)
            .unwrap_or(Sourced::default(Scan::Shared)),
        run_bytes: limit("run_bytes"),
        month_bytes: limit("month_bytes"),
        price_per_tb: price.unwrap_or(Sourced::default(USUAL_PRICE)),
    };
    if let Some(table) = given {
        table.finish();
    }
    config
}
