//! One action that was recorded in several accounts is one finding.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use crate::domain::{
    detection::DetectionId, finding::Finding, rows::Value, shared::SharedEvents, untrusted::Untrusted,
};

/// The detail that names the other accounts of an action.
const ALSO_IN: &str = "also_recorded_in";

/// Makes one finding of those of a detection that are about the same actions in different accounts. It says in which accounts
/// the actions were recorded, and is new if one of them is.
#[must_use]
pub fn unite(findings: Vec<Finding>, shared: &SharedEvents) -> Vec<Finding> {
    let mut united: Vec<Finding> = Vec::new();
    let mut groups: BTreeMap<(DetectionId, BTreeSet<u128>), Vec<Finding>> = BTreeMap::new();
    for finding in findings {
        match actions_of(&finding, shared) {
            Some(actions) => groups.entry((finding.detection.clone(), actions)).or_default().push(finding),
            None => united.push(finding),
        }
    }
    for mut group in groups.into_values() {
        // The caller's account knows who it was; elsewhere the record may only have an id.
        group.sort_by_cached_key(|finding| {
            let knows = finding.actor.as_ref().is_some_and(|actor| actor.raw().starts_with("arn:"));
            (Reverse(knows), account(finding), finding.fingerprint.clone())
        });
        united.extend(group.into_iter().fold(Vec::new(), |mut kept: Vec<Finding>, finding| {
            let is_elsewhere = |first: &&mut Finding| account(first) != account(&finding);
            match kept.first_mut().filter(is_elsewhere) {
                Some(first) => add(first, &finding),
                None => kept.push(finding),
            }
            kept
        }));
    }
    united
}

/// The actions that a finding is about; `None` unless all its events are known to be recorded in several accounts.
fn actions_of(finding: &Finding, shared: &SharedEvents) -> Option<BTreeSet<u128>> {
    let ids: Vec<&Untrusted> = finding.event_id.iter().chain(&finding.event_ids).collect();
    let is_complete = finding.occurrences.is_none_or(|count| count == ids.len() as u64);
    let actions: Option<BTreeSet<u128>> = ids.iter().map(|id| shared.action_of(id.raw())).collect();
    actions.filter(|actions| is_complete && !actions.is_empty())
}

fn account(finding: &Finding) -> Option<String> {
    finding.account_id.as_ref().map(|account| account.raw().to_owned())
}

fn add(first: &mut Finding, other: &Finding) {
    let account = account(other).unwrap_or_else(|| "an unknown account".to_owned());
    first.says = Untrusted::new(format!("{}; also recorded in {account}", first.says.raw()));
    match first.details.iter_mut().find(|(name, _)| name == ALSO_IN) {
        Some((_, Value::List(accounts))) => accounts.push(Value::Text(account)),
        _ => first.details.push((ALSO_IN.to_owned(), Value::List(vec![Value::Text(account)]))),
    }
    first.state = first.state.min(other.state);
    first.united.push(other.fingerprint.clone());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{finding::FindingState, normal::uuid};

    fn id(number: u32) -> String {
        format!("{number:08x}-0000-4000-8000-000000000000")
    }

    fn finding(account: &str, actor: &str, event: u32) -> Finding {
        Finding {
            account_id: Some(Untrusted::new(account)),
            actor: Some(Untrusted::new(actor)),
            event_id: Some(Untrusted::new(id(event))),
            says: Untrusted::new("a key was disabled"),
            ..Finding::sample("a.b", &format!("{account} {event}"), None)
        }
    }

    /// Events 1, 2 and 6 are one action, 3 and 4 another; 5 stands alone.
    fn shared() -> SharedEvents {
        let event = |number| uuid(&id(number)).unwrap();
        SharedEvents::new(&[
            (event(1), 7),
            (event(2), 7),
            (event(6), 7),
            (event(3), 8),
            (event(4), 8),
            (event(5), 9),
            (event(5), 9),
        ])
    }

    #[test]
    fn one_action_in_two_accounts_is_one_finding_that_names_both() {
        let (caller, owner) =
            (finding("2", "arn:aws:iam::2:user/a", 1), finding("1", "AIDA of account 2", 2));
        let known = Finding { state: FindingState::Repeated, ..owner.clone() };
        for group in [[caller.clone(), known.clone()], [known, caller.clone()]] {
            let united = unite(group.to_vec(), &shared());
            assert_eq!(united.len(), 1);
            let one = &united[0];
            assert_eq!(one.says.raw(), "a key was disabled; also recorded in 1");
            assert_eq!(one.details, [(ALSO_IN.to_owned(), Value::List(vec![Value::Text("1".to_owned())]))]);
            assert_eq!((one.state, &one.fingerprint), (FindingState::New, &caller.fingerprint));
            assert_eq!(one.united, std::slice::from_ref(&owner.fingerprint));
        }
    }

    #[test]
    fn every_other_account_of_an_action_is_named_beside_the_findings_own_details() {
        let text = |text: &str| Value::Text(text.to_owned());
        let own = ("ports".to_owned(), Value::List(vec![text("22")]));
        let caller = Finding { details: vec![own.clone()], ..finding("2", "arn:aws:iam::2:user/a", 1) };
        let united = unite(vec![finding("3", "a", 6), caller, finding("1", "a", 2)], &shared());
        assert_eq!(united.len(), 1);
        assert_eq!(united[0].says.raw(), "a key was disabled; also recorded in 1; also recorded in 3");
        let also_in = (ALSO_IN.to_owned(), Value::List(vec![text("1"), text("3")]));
        assert_eq!(united[0].details, [own, also_in]);
    }

    #[test]
    fn other_actions_and_what_is_not_complete_stay_apart() {
        let apart =
            |findings: &[Finding]| assert_eq!(unite(findings.to_vec(), &shared()).len(), findings.len());
        apart(&[finding("1", "a", 1), finding("2", "a", 3)]);
        apart(&[finding("1", "a", 1), finding("1", "a", 2)]);
        apart(&[finding("1", "a", 5), finding("2", "a", 5)]);
        apart(&[finding("1", "a", 1), Finding { detection: "a.c".parse().unwrap(), ..finding("2", "a", 2) }]);
        let counted = |account: &str, ids: &[u32], occurrences| Finding {
            event_id: None,
            event_ids: ids.iter().map(|number| Untrusted::new(id(*number))).collect(),
            occurrences: Some(occurrences),
            ..finding(account, "a", 0)
        };
        apart(&[counted("1", &[1, 3], 3), counted("2", &[2, 4], 3)]);
        apart(&[counted("1", &[1, 3], 2), counted("2", &[2], 1)]);
        apart(&[counted("1", &[], 0), counted("2", &[], 0)]);
        assert_eq!(unite(vec![counted("1", &[1, 3], 2), counted("2", &[2, 4], 2)], &shared()).len(), 1);
    }
}
