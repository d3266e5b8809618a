//! Mail through SES: sends what somebody else has written.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_ses::{Client, primitives::Blob, types::RawMessage};

use super::{Failure, call::sent, region, sdk_config};

/// The largest message that SES takes, in bytes.
pub const MAX_BYTES: usize = 10_000_000;

/// What is waited for between calls when SES is too busy.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// A message and whom it goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The sender's address, without a name.
    pub from: &'a str,
    /// The recipients' addresses, without names.
    pub to: Vec<String>,
    /// SES's configuration set; none if there is none.
    pub configuration_set: Option<&'a str>,
    /// The message: headers and body.
    pub message: Vec<u8>,
}

/// A mail that SES did not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// No region, so SES was not asked.
    #[error("cannot send mail")]
    NotAsked(#[source] Failure),
    /// SES did not take it.
    #[error("SES in {region} did not take the mail{}", words(.problem))]
    NotTaken {
        /// The region.
        region: String,
        /// What is wrong, as far as it is known.
        problem: Problem,
        /// What SES says.
        #[source]
        failure: Failure,
    },
}

/// What is wrong with sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The sender, or in the sandbox a recipient, is not verified.
    Unverified,
    /// The custom MAIL FROM domain has no MX record that SES can read.
    FromDomain,
    /// The account may not send.
    Paused,
    /// The configuration set may not send.
    SetPaused,
    /// The configuration set does not exist.
    SetMissing,
    /// Too many mails a second.
    Throttled,
    /// Too many mails a day.
    DailyQuota,
    /// It is this message: what is in it, its form or its size.
    Content,
    /// Something else; the failure says it.
    Other,
}

/// What the problem means, as the end of a message.
const fn words(problem: &Problem) -> &'static str {
    match problem {
        Problem::Unverified => ": the sender or a recipient is not verified",
        Problem::FromDomain => ": the MAIL FROM domain of the sender is not set up",
        Problem::Paused => ": sending is paused for this account",
        Problem::SetPaused => ": sending is paused for the configuration set",
        Problem::SetMissing => ": there is no such configuration set",
        Problem::Throttled => ": the account sends too fast",
        Problem::DailyQuota => ": the account's quota for 24 hours is used up",
        Problem::Content => ": it objects to this message, not to who sends it",
        Problem::Other => "",
    }
}

/// What a message is rejected for that is not in the message: an identity, a recipient, the account.
const NOT_CONTENT: [&str; 6] = ["verified", "paused", "suspended", "blacklist", "suppress", "not authorized"];

/// Words for parts of a message in what SES says of a parameter; addresses are others.
const PARTS: [&str; 7] =
    ["message length", "header", "boundary", "attachment", "encoding", "disposition", "mime"];

/// What SES does not take as it is.
fn is_content(code: &str, said: &str) -> bool {
    let said = said.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match code {
        "MessageRejected" => !says(&NOT_CONTENT),
        "InvalidParameterValue" => says(&PARTS),
        "RequestEntityTooLarge" | "RequestTooLarge" => true,
        _ => false,
    }
}

impl MailError {
    fn of(failure: Failure, region: String) -> Self {
        let said = match &failure {
            Failure::Refused { said, .. } => said.as_str(),
            _ => "",
        };
        let problem = match failure.code() {
            "MessageRejected" if said.contains("not verified") => Problem::Unverified,
            "MessageRejected" if said.contains("paused") => Problem::Paused,
            code if is_content(code, said) => Problem::Content,
            "MailFromDomainNotVerified" | "MailFromDomainNotVerifiedException" => Problem::FromDomain,
            "AccountSendingPaused" | "AccountSendingPausedException" => Problem::Paused,
            "ConfigurationSetSendingPaused" | "ConfigurationSetSendingPausedException" => Problem::SetPaused,
            "ConfigurationSetDoesNotExist" | "ConfigurationSetDoesNotExistException" => Problem::SetMissing,
            "Throttling" | "ThrottlingException" if said.contains("quota") => Problem::DailyQuota,
            "Throttling" | "ThrottlingException" => Problem::Throttled,
            _ => Problem::Other,
        };
        Self::NotTaken { region, problem, failure }
    }

    /// Whether SES may have taken it all the same: nobody knows what became of the call.
    #[must_use]
    pub const fn is_uncertain(&self) -> bool {
        matches!(
            self,
            Self::NotTaken { failure: Failure::TimedOut | Failure::Unreachable(_) | Failure::NotAws, .. }
        )
    }

    /// Whether it is this message that SES does not take: another one may be.
    #[must_use]
    pub const fn is_about_content(&self) -> bool {
        matches!(self, Self::NotTaken { problem: Problem::Content, .. })
    }

    /// Whether the same call may succeed a moment later; it was surely not taken.
    fn is_passing(&self) -> bool {
        let Self::NotTaken { problem, failure, .. } = self else { return false };
        *problem == Problem::Throttled || matches!(failure.code(), "InternalFailure" | "ServiceUnavailable")
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let (region, problem, failure) = match self {
            Self::NotAsked(failure) => {
                let hint = failure.hint("ses:SendRawEmail")?;
                return Some(format!("{hint}, or `region` in `[mail]`"));
            }
            Self::NotTaken { region, problem, failure } => (region, problem, failure),
        };
        Some(match problem {
            Problem::Unverified => format!(
                "verify the address or its domain in SES in {region}, or set `region` in `[mail]` to where it is \
                 verified; if it is a recipient that is not verified, the account is in the sandbox: ask AWS for \
                 production access in {region}"
            ),
            Problem::FromDomain => {
                "publish the MX and SPF records of the custom MAIL FROM domain, or let SES fall back to its own".to_owned()
            }
            Problem::Paused => format!(
                "look at the account's reputation and messages of AWS in the SES console in {region}; resume with \
                 `aws ses update-account-sending-enabled --enabled`"
            ),
            Problem::SetPaused => {
                "resume it with `aws ses update-configuration-set-sending-enabled`, or take `configuration_set` out"
                    .to_owned()
            }
            Problem::SetMissing => {
                format!("check `configuration_set` in `[mail]`: it must exist in {region}")
            }
            Problem::Throttled => {
                "run again later, write to a mailing list, or ask AWS for a higher sending rate".to_owned()
            }
            Problem::DailyQuota => {
                "wait, or ask AWS for a higher sending quota; every recipient counts as one mail".to_owned()
            }
            Problem::Content => {
                "look at what SES names; if it is no text of your own, this is a mistake of this program: please report it"
                    .to_owned()
            }
            Problem::Other => return failure.hint("ses:SendRawEmail"),
        })
    }
}

/// Sends a message and gives SES's id of it.
///
/// SES cannot tell that it got the same message before: sending it again is a second mail. So a call is made again only if
/// SES said that it did not take it.
///
/// # Errors
///
/// If SES was not reached or did not take it.
pub async fn send(region_name: Option<&str>, envelope: Envelope<'_>) -> Result<String, MailError> {
    let config = sdk_config(region_name).await;
    let region = region(&config).map_err(MailError::NotAsked)?;
    let message = RawMessage::builder().data(Blob::new(envelope.message)).build();
    let message = message.map_err(|error| MailError::NotAsked(Failure::Unreachable(error.to_string())))?;
    let once = aws_sdk_ses::config::Builder::from(&config).retry_config(RetryConfig::disabled()).build();
    let call = Client::from_conf(once)
        .send_raw_email()
        .source(envelope.from)
        .set_destinations(Some(envelope.to))
        .set_configuration_set_name(envelope.configuration_set.map(str::to_owned))
        .raw_message(message);
    let mut pauses = PAUSES.iter();
    loop {
        let request = call.clone();
        let answer =
            sent("ses:SendRawEmail", "the brief", |tries| request.customize().interceptor(tries).send());
        let error = match answer.await {
            Ok(sent) => return Ok(sent.message_id),
            Err(error) => MailError::of(Failure::of(&error), region.clone()),
        };
        match pauses.next() {
            Some(pause) if error.is_passing() => tokio::time::sleep(*pause).await,
            _ => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ses_says_is_told_with_what_to_do() {
        for (code, said, told, todo) in [
            ("MessageRejected", "Email address is not verified. …", "not verified", "sandbox"),
            (
                "MessageRejected",
                "Sending paused for this account. …",
                "paused for this account",
                "reputation",
            ),
            ("MessageRejected", "Email contains a virus", "objects to this message", "report it"),
            ("MessageRejected", "Address blacklisted", "did not take the mail", ""),
            (
                "InvalidParameterValue",
                "Message length is more than 10485760 bytes",
                "this message",
                "report it",
            ),
            ("InvalidParameterValue", "Missing final '@domain'", "did not take the mail", ""),
            ("MailFromDomainNotVerifiedException", "No MX record", "MAIL FROM", "MX and SPF"),
            ("AccountSendingPausedException", "Disabled", "paused for this account", "eu-west-1"),
            ("ConfigurationSetSendingPausedException", "Disabled", "configuration set", "configuration_set"),
            ("ConfigurationSetDoesNotExist", "No <briefs>", "no such", "exist in eu-west-1"),
            ("Throttling", "Maximum sending rate exceeded", "too fast", "sending rate"),
            ("Throttling", "Daily message quota exceeded", "24 hours", "wait"),
            ("AccessDenied", "Not authorized", "did not take", "allow `ses:SendRawEmail`"),
            ("ExpiredToken", "The token is expired", "did not take", "sign in again"),
            ("InvalidClientTokenId", "The token is invalid", "did not take", "AWS_PROFILE"),
        ] {
            let failure = Failure::Refused { code: code.to_owned(), said: said.to_owned() };
            let error = MailError::of(failure, "eu-west-1".to_owned());
            assert!(error.to_string().contains(told), "{code}: {error}");
            let hint = error.hint().unwrap_or_default();
            assert!(hint.contains(todo) && hint.is_empty() == todo.is_empty(), "{code}: {hint}");
            assert_eq!(error.is_about_content(), todo == "report it", "{code}: {said}");
        }
        let nowhere = MailError::NotAsked(Failure::NoRegion);
        assert_eq!(nowhere.hint().as_deref(), Some("set AWS_REGION, or `region` in `[mail]`"));
    }
}
