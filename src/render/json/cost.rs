//! What a run costs, by who charges it.

use serde::Serialize;

use crate::domain::price::Price;

/// The parts of a price; `cost_usd` beside it is their sum.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CostV1 {
    athena_usd: f64,
    s3_gets: u64,
    s3_lists: u64,
    s3_usd: f64,
    kms_requests: u64,
    kms_usd: f64,
    /// What KMS charges at most, where the encryption of files is not known.
    kms_usd_at_most: f64,
}

impl CostV1 {
    /// The parts of this price.
    #[must_use]
    pub fn of(price: &Price) -> Self {
        Self {
            athena_usd: price.athena_usd,
            s3_gets: price.requests.gets,
            s3_lists: price.requests.lists,
            s3_usd: price.s3_usd(),
            kms_requests: price.requests.decrypts,
            kms_usd: price.kms_usd(),
            kms_usd_at_most: price.kms_usd() + price.kms_usd_more(),
        }
    }
}
