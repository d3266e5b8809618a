//! `[athena]`: how Athena is used where there is a table.

use std::{fmt, str::FromStr};

use super::{Sourced, ValueOrigin, limits::Bytes, sourced};
use crate::{
    domain::{account::AccountId, time::Span},
    text::{At, Lint, Place, TomlItem, TomlTable},
};

/// `[athena]`.
#[derive(Clone, Debug, PartialEq)]
pub struct AthenaConfig {
    /// `athena.workgroup`.
    pub workgroup: Sourced<String>,
    /// `athena.output`: where results go.
    pub output: Sourced<ResultLocation>,
    /// `athena.encryption`: how they are encrypted there.
    pub encryption: Sourced<ResultEncryption>,
    /// `athena.expected_bucket_owner`: the account that the bucket there must belong to.
    pub expected_bucket_owner: Sourced<BucketOwner>,
    /// `athena.concurrency`: statements that run at once.
    pub concurrency: Sourced<u64>,
    /// `athena.partitions`: partitions that one statement may list.
    pub partitions: Sourced<u64>,
    /// `athena.candidates`: candidates that one shared statement may return.
    pub candidates: Sourced<u64>,
    /// `athena.flood_factor`: what may be asked in addition to what was planned, as a multiple of its price.
    pub flood_factor: Sourced<u64>,
    /// `athena.timeout`: how long the statements of a pack may take.
    pub timeout: Sourced<Span>,
    /// `athena.scan`: whether detections share statements.
    pub scan: Sourced<ScanMode>,
    /// `athena.run_bytes`: what one run may scan, by its estimate; `None` for no limit.
    pub run_bytes: Option<Sourced<Bytes>>,
    /// `athena.month_bytes`: what the runs of a schedule may scan in a month; `None` for no limit.
    pub month_bytes: Option<Sourced<Bytes>>,
    /// `athena.price_per_tb`: Athena's price for a terabyte scanned, in dollars.
    pub price_per_tb: Sourced<f64>,
}

/// How detections are run on Athena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanMode {
    /// One statement selects the candidates of all detections that can share it.
    Shared,
    /// Each detection has a statement of its own.
    Own,
}

impl ScanMode {
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
pub enum ResultLocation {
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
    /// By S3, with S3's own key.
    SseS3,
    /// By S3, with this KMS key.
    SseKms(String),
    /// By Athena, with this KMS key, before they reach S3.
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

/// Who must own the bucket of the results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BucketOwner {
    /// Anyone.
    Anyone,
    /// This account.
    Account(AccountId),
}

/// Athena's own limit of partitions that one query may read.
const MOST_PARTITIONS: u64 = 1_000_000;

/// Athena's price in most regions for a terabyte scanned, in dollars.
const USUAL_PRICE: f64 = 5.0;
/// Higher than any region's price, so probably a wrong unit.
const HIGHEST_PRICE: f64 = 1_000.0;

/// Reads the table; `None` gives the defaults.
pub(super) fn read(table: Option<TomlTable<'_>>) -> AthenaConfig {
    let table = Athena { table };
    let output = table.take("output");
    let has_output = output.is_some();
    let encryption = table.take("encryption").and_then(|item| item.parsed::<ResultEncryption>()).map(sourced);
    let owner = table
        .take("expected_bucket_owner")
        .and_then(|item| item.parsed::<AccountId>())
        .map(|owner| sourced(At { value: BucketOwner::Account(owner.value), place: owner.place }));
    if !has_output {
        table.needs_output("encryption", encryption.as_ref().map(|given| given.origin));
        table.needs_output("expected_bucket_owner", owner.as_ref().map(|given| given.origin));
    }
    let config = AthenaConfig {
        workgroup: table.workgroup().unwrap_or_else(|| Sourced::default("primary".to_owned())),
        output: output
            .and_then(|item| table.output(&item))
            .unwrap_or(Sourced::default(ResultLocation::Workgroup)),
        encryption: encryption.unwrap_or(Sourced::default(ResultEncryption::NotSet)),
        expected_bucket_owner: owner.unwrap_or(Sourced::default(BucketOwner::Anyone)),
        concurrency: table.count("concurrency", 4, 100),
        partitions: table.count("partitions", 50_000, MOST_PARTITIONS),
        candidates: table.count("candidates", 200_000, 10_000_000),
        flood_factor: table.count("flood_factor", 10, 1_000),
        timeout: table.timeout().unwrap_or(Sourced::default(Span::from_s(1_200))),
        scan: table.scan().unwrap_or(Sourced::default(ScanMode::Shared)),
        run_bytes: table.limit("run_bytes"),
        month_bytes: table.limit("month_bytes"),
        price_per_tb: table.price().unwrap_or(Sourced::default(USUAL_PRICE)),
    };
    if let Some(table) = table.table {
        table.finish();
    }
    config
}

/// The table as it is read; every value that does not fit is noted.
struct Athena<'a> {
    table: Option<TomlTable<'a>>,
}

impl<'a> Athena<'a> {
    fn take(&self, key: &'static str) -> Option<TomlItem<'a>> {
        self.table.as_ref()?.take(key)
    }

    fn refuse(&self, place: Place, message: String) {
        if let Some(table) = &self.table {
            table.report().error(Lint::BadValue, place, message);
        }
    }

    /// A whole number from 1 to `most`.
    fn count(&self, key: &'static str, default: u64, most: u64) -> Sourced<u64> {
        let Some(count) = self.take(key).and_then(|item| item.count()) else {
            return Sourced::default(default);
        };
        if (1..=most).contains(&count.value) {
            return sourced(count);
        }
        self.refuse(count.place, format!("`athena.{key}` is between 1 and {most}, not {}", count.value));
        Sourced::default(default)
    }

    fn workgroup(&self) -> Option<Sourced<String>> {
        let name = self.take("workgroup")?.text()?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=128).contains(&name.value.len()) || !name.value.bytes().all(fits) {
            let words = "a workgroup's name has 1 to 128 letters, digits, `.`, `_` and `-`";
            self.refuse(name.place, format!("`athena.workgroup`: {words}, not `{}`", name.value));
        }
        Some(sourced(name))
    }

    fn timeout(&self) -> Option<Sourced<Span>> {
        let span = self.take("timeout")?.parsed::<Span>()?;
        if span.value == Span::ZERO {
            self.refuse(span.place, "`athena.timeout` must be longer than zero".to_owned());
        }
        Some(sourced(span))
    }

    /// A number of bytes that is not zero.
    fn limit(&self, key: &'static str) -> Option<Sourced<Bytes>> {
        let bytes = self.take(key)?.parsed::<Bytes>()?;
        if bytes.value.get() == 0 {
            self.refuse(
                bytes.place,
                format!("`athena.{key}` must be more than zero: no run could ever start"),
            );
        }
        Some(sourced(bytes))
    }

    fn price(&self) -> Option<Sourced<f64>> {
        let price = self.take("price_per_tb")?.number()?;
        if !(0.0..=HIGHEST_PRICE).contains(&price.value) {
            let words = format!("is in dollars, between 0 and {HIGHEST_PRICE}");
            self.refuse(price.place, format!("`athena.price_per_tb` {words}, not {}", price.value));
        }
        Some(sourced(price))
    }

    fn output(&self, item: &TomlItem<'_>) -> Option<Sourced<ResultLocation>> {
        let output = item.text()?;
        if output.value.starts_with("s3://") && output.value.len() > "s3://".len() {
            let value = ResultLocation::At(output.value.trim_end_matches('/').to_owned() + "/");
            return Some(sourced(At { value, place: output.place }));
        }
        let message =
            format!("`athena.output` is an address such as `s3://bucket/prefix/`, not `{}`", output.value);
        self.refuse(output.place, message);
        None
    }

    fn scan(&self) -> Option<Sourced<ScanMode>> {
        let word = self.take("scan")?.text()?;
        let known = [ScanMode::Shared, ScanMode::Own].into_iter().find(|scan| scan.as_str() == word.value);
        if known.is_none() {
            self.refuse(word.place, format!("`athena.scan` is \"shared\" or \"own\", not `{}`", word.value));
        }
        Some(sourced(At { value: known?, place: word.place }))
    }

    /// Notes a key that was given without `output`: then the workgroup decides, or Athena keeps the results itself.
    fn needs_output(&self, key: &str, origin: Option<ValueOrigin>) {
        let (Some(table), Some(ValueOrigin::File { line, column })) = (&self.table, origin) else { return };
        let message = format!("`athena.{key}` has no effect without `athena.output`");
        let hint = "set `output`, or set it in the workgroup".to_owned();
        table.report().error_with(Lint::BadValue, Place { line, column }, message, Some(hint));
    }
}
