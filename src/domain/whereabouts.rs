//! Where an address is and who runs its network, as databases of the user say.

use super::untrusted::Untrusted;

/// What databases say of an address. Their texts are as foreign as those of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Whereabouts {
    /// The city and country, such as `Zurich, Switzerland`.
    pub location: Option<Untrusted>,
    /// Who runs the network, such as `AS64496 Example Net`.
    pub operator: Option<Untrusted>,
}

impl Whereabouts {
    /// Whether nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.location.is_none() && self.operator.is_none()
    }

    /// The same, with what another database knows where this one knows nothing.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { location: self.location.or(other.location), operator: self.operator.or(other.operator) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_first_wins_and_gaps_are_filled() {
        let place = |text: &str| Whereabouts { location: Some(Untrusted::new(text)), operator: None };
        let network = Whereabouts { location: None, operator: Some(Untrusted::new("AS64496 Example Net")) };
        assert!(Whereabouts::default().is_empty());
        assert!(!place("Zurich").is_empty());
        assert!(!network.is_empty());

        let both = Whereabouts { operator: network.operator.clone(), ..place("Zurich") };
        assert_eq!(place("Zurich").or(network), both);
        assert_eq!(both.clone().or(place("Bern")), both);
    }
}
