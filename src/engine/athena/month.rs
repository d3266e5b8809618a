//! What a schedule costs in a month. Every run reads the folders of its delivery days from their start, so an hourly run reads
//! a day's files many times.

use super::{
    estimate::{Estimate, Sample},
    price::cost_usd,
};
use crate::{
    domain::{
        delivery::{Deliveries, USUAL_DELAY},
        price::{Price, Requests},
        time::{Day, Span, Timestamp, Window},
    },
    plan::window::Cadence,
};

/// The days of a month.
pub const DAYS: i64 = 30;

/// How a schedule reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// How often it runs and how far it looks back.
    pub cadence: Cadence,
    /// Statements of one run.
    pub statements: u64,
    /// How many of these statements list and read a partition, on average: 1 if they share the partitions among them.
    pub passes: f64,
    /// Partitions of one day.
    pub partitions_a_day: u64,
    /// Pages of listings that a run asks for itself.
    pub own_lists: u64,
}

impl Reading {
    /// What its runs of a month scan and cost, if every day is like the one that the sample is of.
    #[must_use]
    pub fn month(&self, day: Sample, price_per_tb: f64) -> Estimate {
        let every = self.cadence.every.seconds().max(1);
        let runs = (DAYS * 86_400 / every).max(1);
        let mut month = Estimate::default();
        for run in 1..=runs {
            let at = Timestamp::from_unix_s(run * every);
            let days = self.days(at);
            let partitions = self.partitions_a_day * days.len() as u64;
            let filled: f64 = days.iter().map(|day| share_before(*day, at)).sum::<f64>() * self.passes;
            let stored = day.requests(self.partitions_a_day);
            let bytes = scaled(day.bytes(self.partitions_a_day), filled);
            let lists = scaled(stored.lists, filled).max(scaled(partitions, self.passes));
            month.statements += self.statements;
            month.partitions += scaled(partitions, self.passes);
            month.bytes += bytes;
            let a_statement = bytes / self.statements.max(1);
            month.price += Price {
                athena_usd: cost_usd(a_statement, price_per_tb) * self.statements as f64,
                requests: Requests::reading(scaled(stored.gets, filled), lists, day.0.encryption)
                    + Requests { lists: self.own_lists, ..Requests::default() },
            };
        }
        month
    }

    /// The delivery days of the run at `at`.
    fn days(&self, at: Timestamp) -> Vec<Day> {
        let back = self.cadence.every.seconds() + self.cadence.lateness.seconds();
        let window = Window::new(at.minus(Span::from_s(back.max(1))), at);
        window
            .map_or_else(|_| Vec::new(), |window| Deliveries::of(window, USUAL_DELAY).days().iter().collect())
    }
}

/// The share of a day that lies before an instant.
fn share_before(day: Day, at: Timestamp) -> f64 {
    ((at.unix_s() - day.start().unix_s()) as f64 / 86_400.0).clamp(0.0, 1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate; factors are not negative, and too large a product saturates"
)]
fn scaled(count: u64, factor: f64) -> u64 {
    (count as f64 * factor).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::price::Encryption, s3::stored::Stored};

    /// The example of docs/deploy.md: 100 accounts in 5 regions, 10 GB a day in files of 2.9 KB.
    fn example(encryption: Encryption) -> Sample {
        let files = 10_000_000_000 / 2_900;
        // Each of the 500 partitions has some 6,900 files.
        Sample(Stored {
            prefixes: 500,
            bytes: 10_000_000_000,
            files,
            pages: 500 * 7,
            encryption,
            ..Stored::default()
        })
    }

    fn reading(every: Span) -> Reading {
        let cadence = Cadence { every, ..Cadence::default() };
        Reading { cadence, statements: 1, passes: 1.0, partitions_a_day: 500, own_lists: 1_000 }
    }

    #[test]
    fn the_worked_example_of_the_documents_is_what_the_program_estimates() {
        let page = include_str!("../../../docs/deploy.md");
        let rows = [("hourly", Span::HOUR), ("daily", Span::DAY)].map(|(name, every)| {
            let month = reading(every).month(example(Encryption::Kms), 5.0);
            let requests = month.price.requests;
            format!(
                "| {name} | {} | {:.0} GB, {:.0} USD | {:.0} million, {:.0} USD | {:.1} million, {:.0} USD | {:.0} USD |",
                month.statements,
                month.bytes as f64 / 1e9,
                month.price.athena_usd,
                requests.gets as f64 / 1e6,
                crate::domain::price::GET.of(requests.gets),
                requests.lists as f64 / 1e6,
                crate::domain::price::LIST.of(requests.lists),
                month.price.kms_usd(),
            )
        });
        let missing: Vec<&String> = rows.iter().filter(|row| !page.contains(row.as_str())).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn an_hourly_run_reads_a_day_many_times_and_a_statement_counts_ten_megabytes() {
        let day = example(Encryption::S3);
        let hourly = reading(Span::HOUR).month(day, 5.0);
        let daily = reading(Span::DAY).month(day, 5.0);
        let days_read = |month: &Estimate| month.bytes as f64 / 10e9 / 30.0;
        assert!((14.0..15.5).contains(&days_read(&hourly)), "{}", days_read(&hourly));
        assert!((1.0..2.1).contains(&days_read(&daily)), "{}", days_read(&daily));
        assert!((hourly.price.requests.gets as f64 / hourly.bytes as f64 - 1.0 / 2_900.0).abs() < 1e-6);
        let nothing = Sample(Stored { prefixes: 500, pages: 500, ..Stored::default() });
        let idle = reading(Span::HOUR).month(nothing, 5.0);
        assert!((idle.price.athena_usd - 720.0 * cost_usd(0, 5.0)).abs() < 1e-9, "{idle:?}");
        let twice = Reading { statements: 2, passes: 2.0, ..reading(Span::HOUR) }.month(day, 5.0);
        assert_eq!((twice.statements, twice.partitions), (1_440, 2 * hourly.partitions));
    }
}
