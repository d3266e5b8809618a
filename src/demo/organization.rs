//! Who and where: the sample's accounts, Regions, addresses, and its configuration file.

use std::fmt::Write as _;

/// The organization's id, as it stands in the path of an organization trail.
pub(super) const ORGANIZATION: &str = "o-exampleorgid";

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    /// Twelve digits.
    pub(super) id: &'static str,
    /// What people call it.
    pub(super) name: &'static str,
    ou: &'static str,
}

const fn account(id: &'static str, name: &'static str, ou: &'static str) -> Account {
    Account { id, name, ou }
}

pub(super) static MANAGEMENT: Account = account("111122223333", "management", "root");
pub(super) static SECURITY: Account = account("222233334444", "security", "root/core");
pub(super) static LOG_ARCHIVE: Account = account("333344445555", "log-archive", "root/core");
pub(super) static PAYMENTS: Account = account("444455556666", "payments", "root/prod");
pub(super) static WEB_SHOP: Account = account("555566667777", "web-shop", "root/prod");
pub(super) static SANDBOX: Account = account("666677778888", "sandbox", "root/dev");

/// Every account.
pub(super) static ACCOUNTS: [&Account; 6] =
    [&MANAGEMENT, &SECURITY, &LOG_ARCHIVE, &PAYMENTS, &WEB_SHOP, &SANDBOX];

/// Every Region in use; the first holds the events of the global services, too.
pub(super) const REGIONS: [&str; 4] = ["us-east-1", "eu-west-1", "eu-central-1", "us-west-2"];

/// People who sign in through single sign-on, each with an address of the office network.
pub(super) const PEOPLE: [(&str, &str, &str); 7] = [
    ("alice@example.com", "198.51.100.21", "AdministratorAccess"),
    ("bob@example.com", "198.51.100.22", "PowerUserAccess"),
    ("carol@example.com", "2001:db8:1::23", "ReadOnlyAccess"),
    ("dave@example.com", "198.51.100.24", "PowerUserAccess"),
    ("erin@example.com", "2001:db8:1::25", "Billing"),
    ("frank@example.com", "198.51.100.26", "ReadOnlyAccess"),
    ("grace@example.com", "198.51.100.27", "SecurityAudit"),
];

/// The build machines.
pub(super) const CI_ADDRESS: &str = "198.51.100.10";

/// Through which the instances reach AWS.
pub(super) const NAT_ADDRESSES: [&str; 3] = ["198.51.100.200", "198.51.100.201", "198.51.100.202"];

/// Buckets that are watched for uploads.
pub(super) const RELEASES: &str = "example-web-shop-releases";

/// Where the organization trail delivers to.
pub(super) const LOG_BUCKET: &str = "example-cloudtrail-logs";

/// The role for emergencies.
pub(super) const BREAK_GLASS: &str = "break-glass-admin";

/// The text of the sample's `trailbrief.toml`.
pub(super) fn config(seed: u64) -> String {
    let mut text = format!(
        r#"# The configuration of the sample organization (seed {seed}).

[watchlists]
# Where the office, the build machines and the NAT gateways are.
trusted-cidrs = ["198.51.100.0/24", "2001:db8:1::/48"]
watched-buckets = ["{RELEASES}"]
break-glass-roles = ["{BREAK_GLASS}"]
log-buckets = ["{LOG_BUCKET}"]

[[suppress]]
detection = "iam.*"
# Both forms of its ARN: arn:aws:iam::…:role/terraform and arn:aws:sts::…:assumed-role/terraform/….
where = "actor LIKE '%:role/terraform' OR actor LIKE '%:assumed-role/terraform/%'"
reason = "Terraform manages IAM in every account; its changes are reviewed before they are applied"
owner = "platform team"
expires = "2099-01-01"

[[suppress]]
detection = "network.security-group-open-world"
where = "resource = 'sg-0aa11bb22cc33dd44'"
reason = "The public load balancer of the shop"
owner = "web-shop team"
expires = "2099-01-01"

[[suppress]]
detection = "compute.lambda-code-updated"
where = "actor LIKE '%:assumed-role/github-release/%'"
reason = "Releases replace the code of functions; they are reviewed before they are made"
owner = "web-shop team"
expires = "2099-01-01"
"#
    );
    for account in ACCOUNTS {
        let Account { id, name, ou } = account;
        let _ = write!(
            text,
            "\n[[accounts]]\nid = \"{id}\"\nname = \"{name}\"\nemail = \"aws+{name}@example.com\"\nou = \"{ou}\"\n"
        );
    }
    text
}
