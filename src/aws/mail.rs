//! Mail through SES: sends a finished MIME message.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_sdk_ses::{Client, primitives::Blob, types::RawMessage};

use super::{Failure, call::sent, region, sdk_config};

/// Pauses between calls while SES throttles.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// A message and its recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// The sender's address, without a name.
    pub from: &'a str,
    /// The recipients' addresses, without names.
    pub to: Vec<String>,
    /// The SES configuration set, if any.
    pub configuration_set: Option<&'a str>,
    /// The message: headers and body.
    pub message: Vec<u8>,
}

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// SES was not called, for lack of a region.
    #[error("cannot send mail")]
    NotAsked(#[source] Failure),
    /// SES did not accept it.
    #[error("SES in {region} did not accept the mail{}", words(.problem))]
    NotTaken {
        /// The region.
        region: String,
        /// The kind of problem.
        problem: MailProblem,
        /// The failure of the call.
        #[source]
        failure: Failure,
    },
}

/// What kind of problem keeps SES from accepting a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailProblem {
    /// The sender, or in the sandbox a recipient, is not verified.
    Unverified,
    /// The custom MAIL FROM domain has no MX record that SES can read.
    FromDomain,
    /// Sending is paused for the account.
    Paused,
    /// Sending is paused for the configuration set.
    SetPaused,
    /// The configuration set does not exist.
    SetMissing,
    /// Too many mails a second.
    Throttled,
    /// Too many mails a day.
    DailyQuota,
    /// This message: its content, form or size.
    Content,
    /// Anything else; the failure has the details.
    Other,
}

/// The problem as the end of an error message.
const fn words(problem: &MailProblem) -> &'static str {
    match problem {
        MailProblem::Unverified => ": the sender or a recipient is not verified",
        MailProblem::FromDomain => ": the MAIL FROM domain of the sender is not set up",
        MailProblem::Paused => ": sending is paused for this account",
        MailProblem::SetPaused => ": sending is paused for the configuration set",
        MailProblem::SetMissing => ": there is no such configuration set",
        MailProblem::Throttled => ": the account sends too fast",
        MailProblem::DailyQuota => ": the account's quota for 24 hours is used up",
        MailProblem::Content => ": it refuses this message, not its sender",
        MailProblem::Other => "",
    }
}

/// Words in rejections that are not about the message: its sender, a recipient, the account.
const NOT_CONTENT: [&str; 6] = ["verified", "paused", "suspended", "blacklist", "suppress", "not authorized"];

/// Words for parts of a message in what SES says about a parameter; other parameters are addresses.
const PARTS: [&str; 7] =
    ["message length", "header", "boundary", "attachment", "encoding", "disposition", "mime"];

/// Whether SES refuses the message itself.
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
            "MessageRejected" if said.contains("not verified") => MailProblem::Unverified,
            "MessageRejected" if said.contains("paused") => MailProblem::Paused,
            code if is_content(code, said) => MailProblem::Content,
            "MailFromDomainNotVerified" | "MailFromDomainNotVerifiedException" => MailProblem::FromDomain,
            "AccountSendingPaused" | "AccountSendingPausedException" => MailProblem::Paused,
            "ConfigurationSetSendingPaused" | "ConfigurationSetSendingPausedException" => {
                MailProblem::SetPaused
            }
            "ConfigurationSetDoesNotExist" | "ConfigurationSetDoesNotExistException" => {
                MailProblem::SetMissing
            }
            "Throttling" | "ThrottlingException" if said.contains("quota") => MailProblem::DailyQuota,
            "Throttling" | "ThrottlingException" => MailProblem::Throttled,
            _ => MailProblem::Other,
        };
        Self::NotTaken { region, problem, failure }
    }

    /// Whether SES may have accepted it all the same: the result of the call is not known.
    #[must_use]
    pub const fn is_uncertain(&self) -> bool {
        matches!(
            self,
            Self::NotTaken { failure: Failure::TimedOut | Failure::Unreachable(_) | Failure::NotAws, .. }
        )
    }

    /// Whether SES refuses this message, and may accept another one.
    #[must_use]
    pub const fn is_about_content(&self) -> bool {
        matches!(self, Self::NotTaken { problem: MailProblem::Content, .. })
    }

    /// Whether the same call may succeed a moment later; SES has certainly not accepted it.
    fn is_passing(&self) -> bool {
        let Self::NotTaken { problem, failure, .. } = self else { return false };
        *problem == MailProblem::Throttled
            || matches!(failure.code(), "InternalFailure" | "ServiceUnavailable")
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
            MailProblem::Unverified => format!(
                "verify the address or its domain in SES in {region}, or set `region` in `[mail]` to where it is \
                 verified; if it is a recipient that is not verified, the account is in the sandbox: ask AWS for \
                 production access in {region}"
            ),
            MailProblem::FromDomain => {
                "publish the MX and SPF records of the custom MAIL FROM domain, or let SES fall back to its own".to_owned()
            }
            MailProblem::Paused => format!(
                "look at the account's reputation and messages of AWS in the SES console in {region}; resume with \
                 `aws ses update-account-sending-enabled --enabled`"
            ),
            MailProblem::SetPaused => {
                "resume it with `aws ses update-configuration-set-sending-enabled`, or take `configuration_set` out"
                    .to_owned()
            }
            MailProblem::SetMissing => {
                format!("check `configuration_set` in `[mail]`: it must exist in {region}")
            }
            MailProblem::Throttled => {
                "run again later, write to a mailing list, or ask AWS for a higher sending rate".to_owned()
            }
            MailProblem::DailyQuota => {
                "wait, or ask AWS for a higher sending quota; every recipient counts as one mail".to_owned()
            }
            MailProblem::Content => {
                "check what SES names; if it is not a text of your own, this is a bug in trailbrief: please report it"
                    .to_owned()
            }
            MailProblem::Other => return failure.hint("ses:SendRawEmail"),
        })
    }
}

/// Sends a message and returns SES's id for it.
///
/// SES does not recognize a repeated message: sending it again is a second mail. So a call is repeated only if SES said that
/// it did not accept the message.
///
/// # Errors
///
/// If SES was not reached or did not accept it.
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
        for (code, said, message, todo) in [
            ("MessageRejected", "Email address is not verified. …", "not verified", "sandbox"),
            (
                "MessageRejected",
                "Sending paused for this account. …",
                "paused for this account",
                "reputation",
            ),
            ("MessageRejected", "Email contains a virus", "refuses this message", "report it"),
            ("MessageRejected", "Address blacklisted", "did not accept the mail", ""),
            (
                "InvalidParameterValue",
                "Message length is more than 10485760 bytes",
                "this message",
                "report it",
            ),
            ("InvalidParameterValue", "Missing final '@domain'", "did not accept the mail", ""),
            ("MailFromDomainNotVerifiedException", "No MX record", "MAIL FROM", "MX and SPF"),
            ("AccountSendingPausedException", "Disabled", "paused for this account", "eu-west-1"),
            ("ConfigurationSetSendingPausedException", "Disabled", "configuration set", "configuration_set"),
            ("ConfigurationSetDoesNotExist", "No <briefs>", "no such", "exist in eu-west-1"),
            ("Throttling", "Maximum sending rate exceeded", "too fast", "sending rate"),
            ("Throttling", "Daily message quota exceeded", "24 hours", "wait"),
            ("AccessDenied", "Not authorized", "did not accept", "allow `ses:SendRawEmail`"),
            ("ExpiredToken", "The token is expired", "did not accept", "sign in again"),
            ("InvalidClientTokenId", "The token is invalid", "did not accept", "AWS_PROFILE"),
        ] {
            let failure = Failure::Refused { code: code.to_owned(), said: said.to_owned() };
            let error = MailError::of(failure, "eu-west-1".to_owned());
            assert!(error.to_string().contains(message), "{code}: {error}");
            let hint = error.hint().unwrap_or_default();
            assert!(hint.contains(todo) && hint.is_empty() == todo.is_empty(), "{code}: {hint}");
            assert_eq!(error.is_about_content(), todo == "report it", "{code}: {said}");
        }
        let nowhere = MailError::NotAsked(Failure::NoRegion);
        assert_eq!(nowhere.hint().as_deref(), Some("set AWS_REGION, or `region` in `[mail]`"));
    }
}
