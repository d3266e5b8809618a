//! What contains a story: first whoever acts, then what is left behind. Commands are printed, never run.

use std::collections::BTreeSet;

use super::{
    actor::{Actor, Arn},
    shell::quoted,
};
use crate::domain::{
    story::{Containment, LeftBehind, Standing},
    trace::TraceEvent,
    untrusted::Untrusted,
};

/// The most entries of a story.
pub(super) const MOST: usize = 16;
/// From which weight on something that is left behind is contained at once.
const URGENT: u8 = 4;

/// The policy of AWS that denies everything.
const DENY_ALL: &str = "arn:aws:iam::aws:policy/AWSDenyAll";
/// A policy that denies everything to sessions that began before the command runs.
const DENY_OLDER: &str = r#""{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Condition\":{\"DateLessThan\":{\"aws:TokenIssueTime\":\"$(date -u +%Y-%m-%dT%H:%M:%SZ)\"}}}]}""#;

/// Somebody who acted, with the events.
pub(super) struct Acting<'a> {
    pub(super) actor: &'a Actor,
    pub(super) events: Vec<&'a TraceEvent>,
    /// Whether the story itself made this actor, so that what is left behind covers it.
    pub(super) is_made: bool,
}

/// What to do now, in order.
pub(super) fn of(acting: &[Acting<'_>], left_behind: &[LeftBehind]) -> Vec<Containment> {
    let mut all = Vec::new();
    let mut roles = BTreeSet::new();
    for who in acting.iter().filter(|who| !who.is_made) {
        match who.actor {
            Actor::User { account, name } => user(&mut all, account, name, &who.events),
            Actor::Root { account } => all.push(by_hand(
                "as root, change password and MFA and delete the keys; for a member account: `aws sts assume-root`".to_owned(),
                account,
            )),
            Actor::Center { .. } | Actor::SignOn { .. } => {
                let name = who.actor.name(None);
                all.push(by_hand(
                    format!("disable {name} where its sign-in is managed, and end its sessions in IAM Identity Center"),
                    "",
                ));
            }
            Actor::Saml { subject, .. } => {
                all.push(by_hand(format!("disable {subject} at the identity provider"), ""));
            }
            Actor::Stranger { account, .. } => {
                all.push(by_hand(format!("take account {account} out of the policies that let it in"), ""));
            }
            Actor::Key(_)
            | Actor::Console { .. }
            | Actor::SignIn(_)
            | Actor::Instance { .. }
            | Actor::Named(_) => {
                all.extend(role(who, &mut roles));
            }
        }
    }
    let urgent = left_behind
        .iter()
        .filter(|left| left.weight >= URGENT && left.standing != Standing::Paused && left.contain.is_some());
    for left in urgent {
        all.push(Containment {
            what: left.what.clone(),
            command: left.contain.clone(),
            account: Some(left.account.clone()),
            risk: left.risk.clone(),
        });
    }
    let mut seen = BTreeSet::new();
    all.retain(|it| seen.insert((it.what.clone(), it.command.clone())));
    all.truncate(MOST);
    all
}

fn by_hand(what: String, account: &str) -> Containment {
    let account = (!account.is_empty()).then(|| Untrusted::new(account));
    Containment { what: Untrusted::new(what), command: None, account, risk: None }
}

fn user(all: &mut Vec<Containment>, account: &str, name: &str, events: &[&TraceEvent]) {
    let word = quoted(name);
    let mut add = |what: String, command: Option<String>, risk: &'static str| {
        all.push(Containment {
            what: Untrusted::new(what),
            command: command.map(Untrusted::new),
            account: Some(Untrusted::new(account)),
            risk: Some(risk.into()),
        });
    };
    let keys: BTreeSet<&str> = events
        .iter()
        .filter_map(|event| event.identity.access_key.as_deref())
        .filter(|key| key.starts_with("AKIA"))
        .collect();
    for key in keys {
        let command = word.as_ref().zip(quoted(key)).map(|(name, key)| {
            format!("aws iam update-access-key --user-name {name} --access-key-id {key} --status Inactive")
        });
        add(format!("switch off access key {key} of {name}"), command, "whatever uses the key stops");
    }
    let command =
        word.map(|name| format!("aws iam attach-user-policy --user-name {name} --policy-arn {DENY_ALL}"));
    add(
        format!("deny everything to user {name}, running sessions too"),
        command,
        "everything that runs as this user stops",
    );
}

/// Ends the running sessions of a role, once for each role.
fn role(who: &Acting<'_>, roles: &mut BTreeSet<(String, String)>) -> Option<Containment> {
    let arn = match who.actor {
        Actor::Named(arn) => arn.as_str(),
        _ => who.events.iter().find_map(|event| event.identity.arn.as_deref())?,
    };
    let (account, name) = match Arn::of(arn)? {
        Arn::Session { account, role, .. } => (account, role),
        Arn::Role { account, name } => (account, name),
        Arn::User { .. } | Arn::Root { .. } => return None,
    };
    if !roles.insert((account.to_owned(), name.to_owned())) {
        return None;
    }
    let is_reserved = name.starts_with("AWSReservedSSO_");
    let command = quoted(name).filter(|_| !is_reserved).map(|name| {
        format!("aws iam put-role-policy --role-name {name} --policy-name RevokeOlderSessions --policy-document {DENY_OLDER}")
    });
    Some(Containment {
        what: Untrusted::new(format!("end the running sessions of role {name}")),
        command: command.map(Untrusted::new),
        account: Some(Untrusted::new(account)),
        risk: Some("every running session of the role stops".into()),
    })
}
