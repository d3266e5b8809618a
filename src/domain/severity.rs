//! How bad a finding is.

use std::{fmt, str::FromStr};

/// How bad a finding is, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For the record; no action is needed.
    Info,
    /// Look when there is time.
    Low,
    /// Look today.
    Medium,
    /// Look now.
    High,
    /// Wake somebody.
    Critical,
}

impl Severity {
    /// Every severity, least first.
    pub const ALL: [Self; 5] = [Self::Info, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// Its name, as in a detection's header.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The next lower one; the lowest stays what it is.
    #[must_use]
    pub const fn lower(self) -> Self {
        match self {
            Self::Info | Self::Low => Self::Info,
            Self::Medium => Self::Low,
            Self::High => Self::Medium,
            Self::Critical => Self::High,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that is not a severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a severity: use info, low, medium, high or critical")]
pub struct BadSeverity(pub String);

impl FromStr for Severity {
    type Err = BadSeverity;

    fn from_str(text: &str) -> Result<Self, BadSeverity> {
        Self::ALL.into_iter().find(|s| s.as_str() == text).ok_or_else(|| BadSeverity(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severities_are_ordered_and_read_back() {
        assert!(Severity::ALL.is_sorted());
        let lower = Severity::ALL.map(Severity::lower);
        assert_eq!((lower[0], &lower[1..]), (Severity::Info, &Severity::ALL[..4]));
        let names = Severity::ALL.map(Severity::as_str);
        assert_eq!(names, ["info", "low", "medium", "high", "critical"]);
        for (severity, name) in Severity::ALL.into_iter().zip(names) {
            assert_eq!(
                (name.parse(), format!("{severity:>8}|{severity}")),
                (Ok(severity), format!("{name:>8}|{name}"))
            );
        }
        assert_eq!("High".parse::<Severity>(), Err(BadSeverity("High".to_owned())));
    }
}
