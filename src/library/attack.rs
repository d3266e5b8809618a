//! ATT&CK for Enterprise: the tactics, and the techniques that matter to cloud accounts, with their tactics.
//!
//! Source: the ATT&CK matrix, version 18 and version 19 side by side. Version 19 split TA0005 ("Defense Evasion")
//! into TA0005 ("Stealth") and TA0112 ("Defense Impairment") and replaced T1562 by T1685 and T1686. Both spellings
//! are accepted, because libraries and services use either; T1562 stays with the tactic that it had in version 18.

use crate::{
    domain::attack::Attack,
    text::{At, Lint, Report},
};

/// A tactic, or a technique with the tactics that it serves: `id,name,tactics` in each line of the list.
const LIST: &str = include_str!("attack.csv");

/// A technique of ATT&CK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Technique {
    /// Its id, such as `T1078.004`.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The ids of its tactics, separated by spaces.
    tactics: &'static str,
}

impl Technique {
    /// The ids of the tactics that it serves.
    pub fn tactics(&self) -> impl Iterator<Item = &'static str> {
        self.tactics.split(' ')
    }
}

/// The lines of the list, in three parts.
fn lines() -> impl Iterator<Item = Technique> {
    LIST.lines().skip(1).filter_map(|line| {
        let (id, rest) = line.split_once(',')?;
        let (name, tactics) = rest.rsplit_once(',')?;
        Some(Technique { id, name, tactics })
    })
}

/// The tactics, by id and name.
fn tactics() -> impl Iterator<Item = (&'static str, &'static str)> {
    lines().filter(|line| line.tactics.is_empty()).map(|line| (line.id, line.name))
}

/// The name of a tactic.
#[must_use]
pub fn tactic_name(id: &str) -> Option<&'static str> {
    tactics().find(|(known, _)| *known == id).map(|(_, name)| name)
}

/// The technique with this id; `None` if it is not among those that a cloud account can show.
#[must_use]
pub fn technique(id: &str) -> Option<Technique> {
    lines().find(|line| line.id == id && !line.tactics.is_empty())
}

/// Reads `TA0001:T1078.004` and notes what is wrong with it.
pub(crate) fn check(text: &At<String>, report: &Report<'_>) -> Option<Attack> {
    let Some((tactic, id)) = text.value.split_once(':') else {
        report.error_with(
            Lint::BadValue,
            text.place,
            format!("`{}` is not a tactic with a technique", text.value),
            Some("write both, such as `TA0001:T1078.004`".to_owned()),
        );
        return None;
    };
    if tactic_name(tactic).is_none() {
        let known = tactics().map(|(id, _)| id).collect::<Vec<_>>().join(", ");
        report.error_with(
            Lint::UnknownTechnique,
            text.place,
            format!("`{tactic}` is not a tactic of ATT&CK for Enterprise"),
            Some(format!("tactics: {known}")),
        );
        return None;
    }
    let Some(technique) = technique(id) else {
        report.error_with(
            Lint::UnknownTechnique,
            text.place,
            format!("`{id}` is not a technique that cloud accounts can show"),
            id.split_once('.')
                .and_then(|(parent, _)| self::technique(parent))
                .map(|parent| format!("its parent `{}` ({}) is known", parent.id, parent.name)),
        );
        return None;
    };
    if !technique.tactics().any(|known| known == tactic) {
        report.error_with(
            Lint::TacticTechniqueMismatch,
            text.place,
            format!("`{id}` ({}) does not belong to `{tactic}`", technique.name),
            Some(format!(
                "use {}",
                technique.tactics().map(|t| format!("`{t}:{id}`")).collect::<Vec<_>>().join(" or ")
            )),
        );
        return None;
    }
    Some(Attack { tactic: tactic.to_owned(), technique: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_knows_its_tactics() {
        assert_eq!(lines().count(), LIST.lines().count() - 1, "a line has too few parts");
        let techniques: Vec<Technique> = lines().skip(tactics().count()).collect();
        assert!(tactics().all(|(id, _)| id.starts_with("TA")), "a technique has no tactic");
        assert!(techniques.windows(2).all(|pair| pair[0].id < pair[1].id));
        for technique in techniques {
            let id = technique.id;
            assert!(technique.tactics().all(|tactic| tactic_name(tactic).is_some()), "{id}");
            assert!(self::technique(id.split('.').next().unwrap()).is_some(), "{id} has no parent");
        }
    }
}
