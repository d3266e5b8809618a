//! The price of statements.

/// Athena charges by the terabyte, for at least ten megabytes per statement, rounded up to whole megabytes.
const TERABYTE: f64 = (1u64 << 40) as f64;
const LEAST_BYTES: u64 = 10_000_000;
const MEGABYTE: u64 = 1 << 20;

/// What a statement costs in dollars that scanned this many bytes, at this price per terabyte.
#[must_use]
pub fn cost_usd(scanned_bytes: u64, price_per_tb: f64) -> f64 {
    let billed = scanned_bytes.max(LEAST_BYTES).div_ceil(MEGABYTE) * MEGABYTE;
    billed as f64 / TERABYTE * price_per_tb
}

/// Bytes for people.
pub(super) fn readable(bytes: u64) -> String {
    let units = [(1_000_000_000_000, "TB"), (1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) if bytes.is_multiple_of(unit) => format!("{} {name}", bytes / unit),
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / unit as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_costs_at_least_ten_megabytes() {
        assert_eq!(cost_usd(0, 5.0), cost_usd(LEAST_BYTES, 5.0));
        for price in [5.0, 6.75] {
            assert!((cost_usd(1 << 40, price) - price).abs() < 1e-9);
            assert!(cost_usd((1 << 40) + 1, price) > price);
        }
        assert_eq!(cost_usd(1 << 40, 0.0), 0.0);
    }
}
