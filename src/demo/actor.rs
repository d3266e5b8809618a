//! Who calls, from where, with what: the identities of the sample's records.

use serde_json::{Value, json};

use super::organization::{Account, CI_ADDRESS};
use crate::domain::time::Timestamp;

/// A caller.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    /// `userIdentity`.
    pub(super) identity: Value,
    /// `sourceIPAddress`.
    pub(super) address: String,
    /// `userAgent`.
    pub(super) agent: String,
}

/// The command line interface of a person.
pub(super) const CLI: &str = "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.1.0 lang/python#3.13.7 exec-env/none cfg/retry-mode#standard";
/// A browser.
pub(super) const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0";
const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.14.3 (+https://www.terraform.io) terraform-provider-aws/6.28.0 aws-sdk-go-v2/1.41.0 os/linux lang/go#1.25.5";
const SDK: &str =
    "Boto3/1.42.4 md/Botocore#1.42.4 ua/2.1 os/linux#6.12.0 lang/python#3.13.7 cfg/retry-mode#legacy";

impl Actor {
    /// A service on its own account.
    pub(super) fn service(host: &str) -> Self {
        Self {
            identity: json!({ "type": "AWSService", "invokedBy": host }),
            address: host.to_owned(),
            agent: host.to_owned(),
        }
    }

    /// A session of a role.
    pub(super) fn role(account: &Account, role: &str, session: &str, address: &str) -> Self {
        Self::session(account, "", role, session, address, SDK)
    }

    /// A role that a service acts with.
    pub(super) fn linked_role(account: &Account, role: &str, host: &str) -> Self {
        let path = format!("aws-service-role/{host}/");
        let mut actor = Self::session(account, &path, role, role, host, host);
        actor.identity["invokedBy"] = json!(host);
        actor
    }

    /// A run of the Terraform pipeline.
    pub(super) fn terraform(account: &Account, run: i64) -> Self {
        Self::session(account, "", "terraform", &format!("run-{run}"), CI_ADDRESS, TERRAFORM)
    }

    /// A person with a permission set of single sign-on.
    pub(super) fn person(account: &Account, name: &str, address: &str, permissions: &str) -> Self {
        let role = format!("AWSReservedSSO_{permissions}_0123456789abcdef");
        Self::session(account, "aws-reserved/sso.amazonaws.com/eu-west-1/", &role, name, address, BROWSER)
    }

    /// A user with a long-lived key.
    pub(super) fn user(account: &Account, name: &str, address: &str) -> Self {
        let id = account.id;
        let identity = json!({
            "type": "IAMUser",
            "principalId": format!("AIDA{}", token(&format!("{id}{name}"))),
            "arn": format!("arn:aws:iam::{id}:user/{name}"),
            "accountId": id,
            "accessKeyId": format!("AKIA{}", token(&format!("key{id}{name}"))),
            "userName": name
        });
        Self { identity, address: address.to_owned(), agent: CLI.to_owned() }
    }

    /// The root user.
    pub(super) fn root(account: &Account, address: &str) -> Self {
        let id = account.id;
        let identity = json!({
            "type": "Root",
            "principalId": id,
            "arn": format!("arn:aws:iam::{id}:root"),
            "accountId": id,
            "accessKeyId": ""
        });
        Self { identity, address: address.to_owned(), agent: BROWSER.to_owned() }
    }

    /// The same caller in a session that began then.
    pub(super) fn since(mut self, began: Timestamp) -> Self {
        if let Some(attributes) = self.identity.pointer_mut("/sessionContext/attributes") {
            attributes["creationDate"] = json!(began.to_string());
        }
        self
    }

    /// The same caller without a key, as records of sign-ins have it.
    pub(super) fn without_key(mut self) -> Self {
        if let Some(identity) = self.identity.as_object_mut() {
            identity.remove("accessKeyId");
        }
        self
    }

    /// The same caller with another program.
    pub(super) fn with_agent(mut self, agent: &str) -> Self {
        agent.clone_into(&mut self.agent);
        self
    }

    fn session(account: &Account, path: &str, role: &str, session: &str, address: &str, agent: &str) -> Self {
        let id = account.id;
        let principal = format!("AROA{}", token(&format!("{id}{role}")));
        let identity = json!({
            "type": "AssumedRole",
            "principalId": format!("{principal}:{session}"),
            "arn": format!("arn:aws:sts::{id}:assumed-role/{role}/{session}"),
            "accountId": id,
            "accessKeyId": format!("ASIA{}", token(&format!("{id}{role}{session}"))),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": principal,
                    "arn": format!("arn:aws:iam::{id}:role/{path}{role}"),
                    "accountId": id,
                    "userName": role
                },
                "attributes": { "mfaAuthenticated": "false" }
            }
        });
        Self { identity, address: address.to_owned(), agent: agent.to_owned() }
    }
}

/// Sixteen letters and digits that belong to a name and say EXAMPLE.
fn token(name: &str) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let own = (0..9).map(|place| char::from(alphabet[(hash >> (5 * place) & 31) as usize]));
    own.chain("EXAMPLE".chars()).collect()
}
