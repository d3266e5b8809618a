//! From a call to habits: whose they are, what is kept of it, and what is not learned.
//!
//! The columns `principal`, `network` and `agent` of the view `calls` say the same in SQL.

use super::Habit;

/// Longer texts are not learned: AWS writes none that are.
const MOST_TEXT: usize = 256;
/// The most characters of a tool's name.
const AGENT_CHARS: usize = 40;

/// What stands in `invokedBy` where the console called for a person.
const BY_CONSOLE: [&str; 3] = ["", "AWS Internal", "signin.amazonaws.com"];

/// One call, as its record says. Fields that a record leaves out are `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Call<'a> {
    /// `userIdentity.type`.
    pub kind: Option<&'a str>,
    /// `userIdentity.arn`.
    pub arn: Option<&'a str>,
    /// `userIdentity.userName`.
    pub user_name: Option<&'a str>,
    /// `userIdentity.principalId`.
    pub principal: Option<&'a str>,
    /// `userIdentity.accountId`.
    pub account: Option<&'a str>,
    /// `userIdentity.accessKeyId`.
    pub access_key: Option<&'a str>,
    /// `userIdentity.invokedBy`.
    pub invoked_by: Option<&'a str>,
    /// `userIdentity.sessionContext.sessionIssuer.arn`.
    pub issuer_arn: Option<&'a str>,
    /// `recipientAccountId`.
    pub recipient: Option<&'a str>,
    /// `eventSource`.
    pub source: Option<&'a str>,
    /// `eventName`.
    pub name: Option<&'a str>,
    /// `awsRegion`.
    pub region: Option<&'a str>,
    /// `sourceIPAddress`.
    pub address: Option<&'a str>,
    /// `userAgent`.
    pub agent: Option<&'a str>,
    /// Whether the name of the call is kept: it writes, or it is one that matters.
    pub is_named: bool,
}

impl Call<'_> {
    /// The habits that this call shows: none if a service or nobody made it.
    #[must_use]
    pub fn habits(&self) -> Vec<Habit> {
        let Some(actor) = self.actor() else { return Vec::new() };
        let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let service = self.source.and_then(|source| source.split('.').next());
        let what = Habit {
            actor: actor.clone(),
            account_id: text(self.recipient),
            service: text(service),
            action: text(self.name.filter(|_| self.is_named)),
            region: text(self.region),
            ..Habit::default()
        };
        let from = |actor| Habit {
            actor,
            network: self.address.and_then(network_of),
            agent: self.agent.and_then(agent_family),
            ..Habit::default()
        };
        let key = self.access_key.filter(|key| key.starts_with("AKIA")).map(str::to_owned);
        // Where the machines of a role are says nothing: a function has an address of its own each day.
        let origins = [self.is_person().then_some(actor), key].into_iter().flatten().map(from);
        let habits = std::iter::once(what).chain(origins);
        habits.filter(Habit::is_plausible).collect()
    }

    /// Whose habits they are.
    fn actor(&self) -> Option<String> {
        let is_service = self.kind == Some("AWSService")
            || self.invoked_by.is_some_and(|by| !BY_CONSOLE.contains(&by))
            || self.issuer_arn.is_some_and(|arn| arn.contains("/aws-service-role/"));
        let is_nobody =
            |text: Option<&str>| text.is_some_and(|text| text.to_lowercase().starts_with("anonymous"));
        if is_service || is_nobody(self.account) || is_nobody(self.principal) {
            return None;
        }
        if self.kind == Some("AWSAccount") {
            // The session's name would make every call of a foreign role another actor.
            return self.account.map(|account| format!("account {account}"));
        }
        principal_of(self).map(str::to_owned)
    }

    /// Whether a person, a user or a federated identity acts, and not the machines of a role.
    fn is_person(&self) -> bool {
        let is_sso =
            [self.arn, self.issuer_arn].into_iter().flatten().any(|arn| arn.contains("AWSReservedSSO"));
        is_sso || !matches!(self.kind, Some("AssumedRole" | "Role" | "AWSAccount"))
    }
}

/// Who acted, with all sessions of a role as one: the role's ARN; for people of Identity Center and others what names them.
fn principal_of<'a>(call: &Call<'a>) -> Option<&'a str> {
    let some = |text: Option<&'a str>| text.filter(|text| !text.is_empty());
    let issuer = some(call.issuer_arn);
    let role = issuer.filter(|arn| call.kind == Some("AssumedRole") && !arn.contains("/AWSReservedSSO"));
    role.or_else(|| some(call.arn))
        .or_else(|| some(call.user_name))
        .or_else(|| some(call.principal))
        .or(issuer)
}

/// The network of an address: the /16 of one of IPv4, the /32 of one of IPv6, the name of a service as it is.
fn network_of(address: &str) -> Option<String> {
    let parts: Vec<&str> = address.split('.').collect();
    let is_number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 4 && parts.iter().all(is_number) {
        return Some(format!("{}.{}.0.0/16", parts[0], parts[1]));
    }
    let lower = address.to_ascii_lowercase();
    let groups: Vec<&str> = lower.split(':').collect();
    let is_group =
        |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if groups.len() > 2 && groups[..2].iter().all(is_group) {
        return Some(format!("{}:{}::/32", groups[0], groups[1]));
    }
    Some(address.to_owned()).filter(|address| !address.is_empty())
}

/// The tool that a user agent names first, in lower case: `aws-cli`, `boto3`, `mozilla`.
fn agent_family(agent: &str) -> Option<String> {
    let name = agent.strip_prefix('[').unwrap_or(agent);
    let is_part = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let family: String = name.chars().take_while(is_part).take(AGENT_CHARS).collect();
    Some(family.to_ascii_lowercase()).filter(|family| !family.is_empty())
}

impl Habit {
    /// Whether its texts have a length that AWS writes, and it says anything.
    fn is_plausible(&self) -> bool {
        let Self { actor, account_id, service, action, region, network, agent } = self;
        let others = || [account_id, service, action, region, network, agent].into_iter().flatten();
        others().next().is_some() && others().chain([actor]).all(|text| text.len() <= MOST_TEXT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Call<'_> = Call {
        kind: Some("IAMUser"),
        arn: Some("arn:aws:iam::123456789012:user/alice"),
        access_key: Some("AKIAIOSFODNN7EXAMPLE"),
        recipient: Some("123456789012"),
        source: Some("iam.amazonaws.com"),
        name: Some("CreateUser"),
        region: Some("us-east-1"),
        address: Some("198.51.100.7"),
        agent: Some("aws-cli/2.15.0 Python/3.11"),
        is_named: true,
        ..EMPTY
    };
    const EMPTY: Call<'_> = Call {
        kind: None,
        arn: None,
        user_name: None,
        principal: None,
        account: None,
        access_key: None,
        invoked_by: None,
        issuer_arn: None,
        recipient: None,
        source: None,
        name: None,
        region: None,
        address: None,
        agent: None,
        is_named: false,
    };

    #[test]
    fn a_call_shows_what_its_actor_does_and_where_its_key_is() {
        let found = USER.habits();
        let of = |habit: &Habit| {
            (habit.actor.clone(), habit.action.clone(), habit.network.clone(), habit.agent.clone())
        };
        let (network, agent) = (Some("198.51.0.0/16".to_owned()), Some("aws-cli".to_owned()));
        let user = "arn:aws:iam::123456789012:user/alice".to_owned();
        assert_eq!(of(&found[0]), (user.clone(), Some("CreateUser".to_owned()), None, None));
        assert_eq!(of(&found[1]), (user, None, network.clone(), agent.clone()));
        assert_eq!(of(&found[2]), ("AKIAIOSFODNN7EXAMPLE".to_owned(), None, network, agent));
        let place = |habit: &Habit| [&habit.account_id, &habit.service, &habit.region].map(Clone::clone);
        let own = |text: &str| Some(text.to_owned());
        assert_eq!(place(&found[0]), [own("123456789012"), own("iam"), own("us-east-1")]);
        assert_eq!(place(&found[1]), [None, None, None]);
        let read = Call { is_named: false, access_key: None, ..USER }.habits();
        assert_eq!(
            (read.len(), read[0].action.as_deref(), read[0].service.as_deref()),
            (2, None, Some("iam"))
        );
    }

    #[test]
    fn the_machines_of_a_role_have_no_place_and_its_sessions_are_one() {
        let role = Call {
            kind: Some("AssumedRole"),
            arn: Some("arn:aws:sts::123456789012:assumed-role/app/i-1"),
            issuer_arn: Some("arn:aws:iam::123456789012:role/app"),
            access_key: Some("ASIAIOSFODNN7EXAMPLE"),
            ..USER
        };
        let found = role.habits();
        assert_eq!((found.len(), found[0].actor.as_str()), (1, "arn:aws:iam::123456789012:role/app"));
        let person = Call {
            arn: Some("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_1/alice"),
            issuer_arn: Some("arn:aws:iam::123456789012:role/aws-reserved/sso/AWSReservedSSO_Admin_1"),
            ..role
        };
        let found = person.habits();
        assert_eq!((found.len(), found[0].actor.as_str()), (2, person.arn.unwrap()));
        let foreign = Call { kind: Some("AWSAccount"), account: Some("210987654321"), arn: None, ..role };
        assert_eq!(foreign.habits()[0].actor, "account 210987654321");
    }

    #[test]
    fn services_and_nobody_have_no_habits() {
        for call in [
            Call { kind: Some("AWSService"), ..USER },
            Call { invoked_by: Some("cloudformation.amazonaws.com"), ..USER },
            Call { issuer_arn: Some("arn:aws:iam::1:role/aws-service-role/a/b"), ..USER },
            Call { account: Some("ANONYMOUS_PRINCIPAL"), ..USER },
            Call { principal: Some("anonymous"), ..USER },
            Call { arn: None, ..USER },
            Call { arn: Some(&"a".repeat(300)), access_key: None, ..USER },
        ] {
            assert!(call.habits().is_empty(), "{call:?}");
        }
        assert!(!Call { invoked_by: Some("AWS Internal"), ..USER }.habits().is_empty(), "the console");
    }

    #[test]
    fn addresses_and_agents_have_families() {
        for (address, network) in [
            ("198.51.100.7", Some("198.51.0.0/16")),
            ("2001:DB8:1::7", Some("2001:db8::/32")),
            ("2001:db8::", Some("2001:db8::/32")),
            ("::1", Some("::1")),
            ("cafe:443", Some("cafe:443")),
            ("1.2.3", Some("1.2.3")),
            ("1.2.3.4000", Some("1.2.3.4000")),
            ("AWS Internal", Some("AWS Internal")),
            ("", None),
        ] {
            assert_eq!(network_of(address).as_deref(), network, "{address}");
        }
        for (agent, family) in [
            ("aws-cli/2.15.0 md/Botocore", Some("aws-cli")),
            ("[Boto3/1.26.0 Python/3.9]", Some("boto3")),
            ("Mozilla/5.0 (X11)", Some("mozilla")),
            ("cloudformation.amazonaws.com", Some("cloudformation.amazonaws.com")),
            ("(nothing)", None),
            ("", None),
        ] {
            assert_eq!(agent_family(agent).as_deref(), family, "{agent}");
        }
        assert_eq!(agent_family(&"x".repeat(50)).unwrap().len(), AGENT_CHARS);
    }
}
