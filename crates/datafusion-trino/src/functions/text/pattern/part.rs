//! What matters of a part of a pattern to the parts around it.

/// A part of a pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Whether it can match nothing.
    pub empty: bool,
    /// Whether it has groups, alternatives or a lazy quantifier.
    pub tricky: bool,
    pub length: Length,
}

/// How many characters a part matches. Joni looks behind by fixed lengths only, or by alternatives of such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Fixed(u64),
    /// Each alternative has its own fixed length.
    Alternatives,
    Varies,
}

impl Part {
    pub(super) const CHARACTER: Self = Self { empty: false, tricky: false, length: Length::Fixed(1) };
    pub(super) const NOTHING: Self = Self { empty: true, tricky: false, length: Length::Fixed(0) };

    /// This part and another behind it.
    pub(super) fn then(self, next: Self) -> Self {
        let length = match (self.length, next.length) {
            (Length::Fixed(a), Length::Fixed(b)) => Length::Fixed(a.saturating_add(b)),
            _ => Length::Varies,
        };
        Self { empty: self.empty && next.empty, tricky: self.tricky || next.tricky, length }
    }

    /// One of these parts.
    pub(super) fn any_of(all: &[Self]) -> Self {
        if let [only] = all {
            return *only;
        }
        let length = if !all.iter().all(|one| matches!(one.length, Length::Fixed(_))) {
            Length::Varies
        } else if all.windows(2).all(|two| two[0].length == two[1].length) {
            all[0].length
        } else {
            Length::Alternatives
        };
        Self { empty: all.iter().any(|one| one.empty), tricky: true, length }
    }

    /// This part, repeated at least `min` times and at most `max`.
    pub(super) fn repeated(self, min: u32, max: Option<u32>) -> Self {
        let length = match self.length {
            length if (min, max) == (1, Some(1)) => length,
            Length::Fixed(one) if max == Some(min) => Length::Fixed(one.saturating_mul(u64::from(min))),
            _ => Length::Varies,
        };
        Self { empty: self.empty || min == 0, length, ..self }
    }

    /// This part in a group.
    pub(super) fn captured(self) -> Self {
        let length = if self.length == Length::Alternatives { Length::Varies } else { self.length };
        Self { tricky: true, length, ..self }
    }
}
