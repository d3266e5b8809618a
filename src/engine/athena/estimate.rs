//! What statements will scan and cost, estimated before anything is started: some of the partitions are listed, and the rest
//! is assumed to be like them.

use super::{
    Athena,
    planned_statement::PlannedStatement,
    price::{cost_usd, readable},
    route::Routes,
};
use crate::{
    domain::{
        delivery::DeliveryDays,
        price::{Price, Requests},
    },
    s3::stored::{Stored, stored_below},
};

/// Partitions that are listed at most.
const SAMPLE_SIZE: u64 = 200;

/// What is stored in some partitions, by which all are estimated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample(pub Stored);

/// What some statements will scan and cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// How many statements.
    pub statements: u64,
    /// Partitions that they list.
    pub partitions: u64,
    /// Bytes that they scan.
    pub bytes: u64,
    /// What Athena charges for it, and S3 and KMS for the requests that it makes.
    pub price: Price,
}

/// Why the bytes that a run will scan are not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot estimate what the run will scan: {0}")]
pub struct EstimateError(String);

/// A run that would scan more than its limit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OverLimit {
    /// The limit of one run.
    #[error(
        "the run would scan about {} on Athena for ${cost_usd:.4}, and `run_bytes` in `[athena]` is {}",
        readable(*.bytes), readable(*.limit)
    )]
    Run {
        /// Bytes that it would scan.
        bytes: u64,
        /// What that would cost, in dollars.
        cost_usd: f64,
        /// The limit.
        limit: u64,
    },
    /// The limit of a month, together with what the schedule has scanned already.
    #[error(
        "the run would scan about {} on Athena for ${cost_usd:.4}, {} were scanned this month, and `month_bytes` in `[athena]` \
         is {}",
        readable(*.bytes), readable(*.spent), readable(*.limit)
    )]
    Month {
        /// Bytes that it would scan.
        bytes: u64,
        /// What that would cost, in dollars.
        cost_usd: f64,
        /// Bytes scanned this month already.
        spent: u64,
        /// The limit.
        limit: u64,
    },
}

impl Estimate {
    /// The estimate of these statements, at this price in dollars per terabyte.
    #[must_use]
    pub fn of<'a>(
        statements: impl IntoIterator<Item = &'a PlannedStatement>,
        sample: Sample,
        price_per_tb: f64,
    ) -> Self {
        statements.into_iter().fold(Self::default(), |mut sum, statement| {
            let bytes = sample.bytes(statement.partitions);
            sum.statements += 1;
            sum.partitions += statement.partitions;
            sum.bytes += bytes;
            sum.price += Price {
                athena_usd: cost_usd(bytes, price_per_tb),
                requests: sample.requests(statement.partitions),
            };
            sum
        })
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        let mut price = self.price;
        price += other.price;
        Self {
            statements: self.statements + other.statements,
            partitions: self.partitions + other.partitions,
            bytes: self.bytes.saturating_add(other.bytes),
            price,
        }
    }

    /// Checks it against the limit of a run, and with the bytes `spent` already against the limit of a month.
    ///
    /// # Errors
    ///
    /// If it exceeds a limit.
    pub fn within(&self, athena: &Athena, spent: u64) -> Result<(), OverLimit> {
        let (bytes, cost_usd) = (self.bytes, self.price.total_usd());
        match (athena.settings.run_bytes, athena.settings.month_bytes) {
            (Some(limit), _) if bytes > limit => Err(OverLimit::Run { bytes, cost_usd, limit }),
            (_, Some(limit)) if bytes.saturating_add(spent) > limit => {
                Err(OverLimit::Month { bytes, cost_usd, spent, limit })
            }
            _ => Ok(()),
        }
    }
}

impl Sample {
    /// The bytes that this many partitions hold.
    #[must_use]
    pub fn bytes(self, partitions: u64) -> u64 {
        self.scaled(self.0.bytes, partitions)
    }

    /// The requests that Athena makes to list this many partitions and to read their files: a page of each partition at least,
    /// and one GET for each file.
    #[must_use]
    pub fn requests(self, partitions: u64) -> Requests {
        let gets = self.scaled(self.0.files, partitions);
        let lists = if self.0.prefixes == 0 { partitions } else { self.scaled(self.0.pages, partitions) };
        Requests::reading(gets, lists, self.0.encryption)
    }

    fn scaled(self, found: u64, partitions: u64) -> u64 {
        let all = u128::from(found) * u128::from(partitions) / u128::from(self.0.prefixes.max(1));
        u64::try_from(all).unwrap_or(u64::MAX)
    }
}

impl Routes {
    /// The statements of a pack by its routes.
    pub fn statements(&self) -> impl Iterator<Item = &PlannedStatement> {
        let own = self.own_questions().flat_map(|(number, _)| self.own_statements(number));
        self.shared.iter().chain(own)
    }

    /// The statements if every detection had its own.
    pub fn all_own(&self) -> impl Iterator<Item = &PlannedStatement> {
        (0..self.routed.len()).flat_map(|number| self.own_statements(number))
    }

    /// The statements that a question has of its own.
    pub(super) fn own_statements(&self, number: usize) -> impl Iterator<Item = &PlannedStatement> {
        let routed = self.routed.get(number).and_then(Option::as_ref);
        routed.and_then(|routed| routed.own.as_ref().ok()).into_iter().flatten()
    }
}

impl Athena {
    /// What these statements will scan and cost.
    #[must_use]
    pub fn estimate<'a>(
        &self,
        statements: impl IntoIterator<Item = &'a PlannedStatement>,
        sample: Sample,
    ) -> Estimate {
        Estimate::of(statements, sample, self.settings.price_per_tb)
    }

    /// Whether a limit of bytes is configured.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.settings.run_bytes.is_some() || self.settings.month_bytes.is_some()
    }

    /// Lists some of the partitions of these delivery days, spread over all of them.
    ///
    /// # Errors
    ///
    /// If they cannot be listed.
    pub async fn sample(&self, days: DeliveryDays) -> Result<Sample, EstimateError> {
        let template = self.table.parameters.get("storage.location.template");
        let (bucket, template) = template
            .and_then(|template| template.strip_prefix("s3://")?.split_once('/'))
            .ok_or_else(|| EstimateError("the table has no `storage.location.template` in S3".to_owned()))?;
        let accounts = self.listed("projection.account.values");
        let regions = self.listed("projection.region.values");
        let days: Vec<String> = days.iter().map(|day| day.path()).collect();
        let all = (accounts.len() * regions.len() * days.len()) as u64;
        let prefixes: Vec<String> = spread(all)
            .map(|number| {
                let number = usize::try_from(number).unwrap_or(0);
                let (rest, region) = (number / regions.len(), number % regions.len());
                let (day, account) = (rest / accounts.len(), rest % accounts.len());
                template
                    .replace("${account}", &accounts[account])
                    .replace("${region}", &regions[region])
                    .replace("${timestamp}", &days[day])
            })
            .collect();
        stored_below(bucket, prefixes).await.map(Sample).map_err(EstimateError)
    }
}

/// How many of this many partitions are listed for a sample.
#[must_use]
pub fn sampled(partitions: u64) -> u64 {
    partitions.min(SAMPLE_SIZE)
}

/// The numbers of a sample of `all` partitions: one of each of equal parts. Its position differs from part to part, so that
/// parts as long as the list of regions do not all give the same region.
fn spread(all: u64) -> impl Iterator<Item = u64> {
    let parts = sampled(all);
    (0..parts).map(move |part| {
        let (first, next) = (part * all / parts, (part + 1) * all / parts);
        let scattered = part.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        first + scattered % (next - first)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_sample_is_spread_over_partitions_and_regions() {
        assert_eq!(spread(0).count(), 0);
        assert_eq!(spread(7).collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
        let found: Vec<u64> = spread(17 * 400).collect();
        assert_eq!(found.len(), 200);
        assert!(found.windows(2).all(|pair| pair[0] < pair[1] && pair[1] - pair[0] < 2 * 34));
        let regions: BTreeSet<u64> = found.iter().map(|number| number % 17).collect();
        assert_eq!(regions.len(), 17);
    }
}
