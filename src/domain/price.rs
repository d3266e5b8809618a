//! What AWS charges for requests, besides what Athena charges for scanning.

use std::ops::{Add, AddAssign};

/// A list price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListPrice {
    /// What is paid for.
    pub what: &'static str,
    /// US dollars for `per` of them.
    pub usd: f64,
    /// How many.
    pub per: u64,
    /// Where AWS publishes it.
    pub source: &'static str,
}

/// The region of the list prices. S3 and KMS differ by some percent in others.
pub const REGION: &str = "us-east-1";
/// The month of the list prices.
pub const AS_OF: &str = "November 2026";

/// One GET or HEAD of an object of S3's standard class.
pub const GET: ListPrice = ListPrice {
    what: "S3 GET requests",
    usd: 0.000_4,
    per: 1_000,
    source: "https://aws.amazon.com/s3/pricing/",
};
/// One page of up to 1,000 keys.
pub const LIST: ListPrice = ListPrice {
    what: "S3 LIST requests",
    usd: 0.005,
    per: 1_000,
    source: "https://aws.amazon.com/s3/pricing/",
};
/// One request of S3 to KMS to decrypt the key of an object. KMS's free requests are not counted.
pub const DECRYPT: ListPrice =
    ListPrice { what: "KMS requests", usd: 0.03, per: 10_000, source: "https://aws.amazon.com/kms/pricing/" };

/// GETs for which S3 asks KMS once, if the bucket has a bucket key: AWS says that it saves up to 99 % of the requests.
const GETS_PER_BUCKET_KEY: u64 = 100;

impl ListPrice {
    /// What this many cost, in US dollars.
    #[must_use]
    pub fn of(self, count: u64) -> f64 {
        count as f64 * self.usd / self.per as f64
    }
}

/// How the files of a bucket are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Nobody looked, or might look.
    #[default]
    Unknown,
    /// By S3 itself: KMS is not asked.
    S3,
    /// With a KMS key, for each object.
    Kms,
    /// With a KMS key, by way of a bucket key.
    BucketKey,
}

/// Requests that reading takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Objects that are read.
    pub gets: u64,
    /// Pages of listings.
    pub lists: u64,
    /// Requests of S3 to KMS.
    pub decrypts: u64,
    /// Objects of unknown encryption: S3 may have to ask KMS for each.
    pub unknown: u64,
}

impl Requests {
    /// The requests that reading objects of this encryption takes.
    #[must_use]
    pub fn reading(gets: u64, lists: u64, encryption: Encryption) -> Self {
        let (decrypts, unknown) = match encryption {
            Encryption::S3 => (0, 0),
            Encryption::Kms => (gets, 0),
            Encryption::BucketKey => (gets.div_ceil(GETS_PER_BUCKET_KEY), 0),
            Encryption::Unknown => (0, gets),
        };
        Self { gets, lists, decrypts, unknown }
    }
}

impl Add for Requests {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            gets: self.gets.saturating_add(other.gets),
            lists: self.lists.saturating_add(other.lists),
            decrypts: self.decrypts.saturating_add(other.decrypts),
            unknown: self.unknown.saturating_add(other.unknown),
        }
    }
}

/// What a run costs: what Athena charges for its statements, and what S3 and KMS charge for requests.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Price {
    /// What Athena charges, in US dollars.
    pub athena_usd: f64,
    /// The requests, also those that Athena makes in the caller's name.
    pub requests: Requests,
}

impl Price {
    /// What S3 charges, in US dollars.
    #[must_use]
    pub fn s3_usd(&self) -> f64 {
        GET.of(self.requests.gets) + LIST.of(self.requests.lists)
    }

    /// What KMS charges, in US dollars.
    #[must_use]
    pub fn kms_usd(&self) -> f64 {
        DECRYPT.of(self.requests.decrypts)
    }

    /// What KMS charges more if S3 asks it for every object of unknown encryption, in US dollars.
    #[must_use]
    pub fn kms_usd_more(&self) -> f64 {
        DECRYPT.of(self.requests.unknown)
    }

    /// All of it, in US dollars, without objects of unknown encryption at KMS.
    #[must_use]
    pub fn total_usd(&self) -> f64 {
        self.athena_usd + self.s3_usd() + self.kms_usd()
    }
}

impl AddAssign for Price {
    fn add_assign(&mut self, other: Self) {
        self.athena_usd += other.athena_usd;
        self.requests = self.requests + other.requests;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_all_its_parts() {
        let of = |encryption| Price {
            athena_usd: 1.0,
            requests: Requests::reading(1_000_000, 2_000, encryption) + Requests::default(),
        };
        for (encryption, kms, more) in [
            (Encryption::S3, 0.0, 0.0),
            (Encryption::BucketKey, 0.03, 0.0),
            (Encryption::Kms, 3.0, 0.0),
            (Encryption::Unknown, 0.0, 3.0),
        ] {
            let mut price = of(encryption);
            assert!((price.s3_usd() - 0.41).abs() < 1e-9, "{price:?}");
            assert!((price.kms_usd() - kms).abs() < 1e-9, "{price:?}");
            assert!((price.kms_usd_more() - more).abs() < 1e-9, "{price:?}");
            assert!((price.total_usd() - 1.41 - kms).abs() < 1e-9, "{price:?}");
            price += of(encryption);
            assert!((price.total_usd() - 2.82 - 2.0 * kms).abs() < 1e-9, "{price:?}");
        }
    }

    #[test]
    fn the_documents_name_the_prices_that_are_counted_with() {
        let page = include_str!("../../docs/deploy.md");
        for price in [GET, LIST, DECRYPT] {
            let row =
                format!("| {} | {} USD per {} | <{}> |", price.what, price.usd, price.per, price.source);
            assert!(page.contains(&row), "{row}");
        }
        assert!(page.contains(&format!("`{REGION}`, {AS_OF}")));
    }
}
