//! What a run may ask Athena for in addition to what was planned, by its price.

use super::{
    Athena,
    estimate::{Estimate, Sample},
    planned_statement::PlannedStatement,
};

/// What may be asked in addition.
#[derive(Clone, Debug, Default)]
pub struct Allowance {
    /// By what it is priced; `None` if that is not known.
    sample: Option<Sample>,
    /// What was planned.
    planned: Estimate,
    /// Bytes that the schedule has scanned this month before.
    spent_bytes: u64,
}

impl Allowance {
    /// For a run that asks these statements.
    #[must_use]
    pub fn of<'a>(
        athena: &Athena,
        planned: impl IntoIterator<Item = &'a PlannedStatement>,
        sample: Option<Sample>,
        spent_bytes: u64,
    ) -> Self {
        let planned = sample.map_or_else(Estimate::default, |sample| athena.estimate(planned, sample));
        Self { sample, planned, spent_bytes }
    }

    /// The same after these bytes were scanned.
    #[must_use]
    pub fn after(self, bytes: u64) -> Self {
        Self { spent_bytes: self.spent_bytes.saturating_add(bytes), ..self }
    }

    /// Adds these statements to what was asked in `addition` before.
    ///
    /// # Errors
    ///
    /// With the reason as a clause if that is more than a limit of bytes allows, or costs more than `flood_factor` times what was
    /// planned.
    pub fn add<'a>(
        &self,
        athena: &Athena,
        addition: &mut Estimate,
        statements: impl IntoIterator<Item = &'a PlannedStatement>,
    ) -> Result<(), String> {
        let Some(sample) = self.sample else { return Err("what that would cost is not known".to_owned()) };
        let with = addition.plus(&athena.estimate(statements, sample));
        let factor = athena.settings.flood_factor;
        let most_usd = self.planned.price.total_usd() * factor as f64;
        self.planned.plus(&with).within(athena, self.spent_bytes).map_err(|over| over.to_string())?;
        // Sums of the same numbers in another order may differ.
        if with.price.total_usd() > most_usd * (1.0 + 1e-9) {
            return Err(format!(
                "what is asked in addition may cost {factor} times as much as what was planned, ${most_usd:.4} (`flood_factor` \
                 in `[athena]`)"
            ));
        }
        *addition = with;
        Ok(())
    }

    /// Counts these statements as asked in `addition`, whatever they cost: they were allowed before.
    pub(super) fn count<'a>(
        &self,
        athena: &Athena,
        addition: &mut Estimate,
        statements: impl IntoIterator<Item = &'a PlannedStatement>,
    ) {
        let of = |sample| athena.estimate(statements, sample);
        *addition = addition.plus(&self.sample.map_or_else(Estimate::default, of));
    }
}
