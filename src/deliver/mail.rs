//! A brief as a mail: text, HTML and the findings as CSV, with headers that keep machines from answering.
//!
//! Pure: sends nothing, asks nobody. Each brief is a mail of its own: it answers no other, because mail programs fold
//! what answers something, and a folded brief is not read. Message-ID and Date are ours only until SES replaces them.

use mail_builder::{
    MessageBuilder,
    headers::{address::Address, raw::Raw},
    mime::{BodyPart, MimePart},
};

use crate::{
    config::{Mail, MailAddress},
    domain::{letter::Letter, untrusted::visible},
};

/// A mail, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject, before it is encoded.
    pub subject: String,
    /// Headers and body.
    pub raw: Vec<u8>,
}

/// Writes the mail.
#[must_use]
pub fn compose(letter: &Letter, mail: &Mail) -> Message {
    let subject = match mail.subject_prefix.value.trim() {
        "" => letter.subject.clone(),
        prefix => format!("{prefix} {}", letter.subject),
    };
    // Every part of it is clean already; that no subject ends its header must not hang on that alone.
    let subject = visible(&subject);

    let (run, list) = (plain(&letter.run), plain(&letter.list));
    let domain = mail.from.value.domain();
    let mut message = MessageBuilder::new()
        .from(address(&mail.from.value))
        .to(Address::new_list(mail.to.value.iter().map(address).collect()))
        .subject(subject.as_str())
        .date(letter.started.unix_s())
        .message_id(format!("{run}.trailbrief@{domain}"))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("Precedence", Raw::new("bulk"))
        .header("List-Id", Raw::new(format!("<{list}.trailbrief.{domain}>")))
        .text_body(letter.text.as_str());
    if !letter.html.is_empty() {
        message = message.html_body(letter.html.as_str());
    }
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(address(&reply_to.value));
    }
    if let Some(csv) = &letter.csv {
        // As bytes, so that no line of it is touched; the lines of base64 are short, whatever those of the CSV are.
        let part = MimePart::new("text/csv; charset=utf-8", BodyPart::Binary(csv.as_bytes().into()));
        message.attachments = Some(vec![part.attachment(format!("trailbrief-{run}.csv"))]);
    }
    let mut raw = Vec::new();
    message.serialize(&mut raw);
    Message { subject, raw }
}

fn address(address: &MailAddress) -> Address<'_> {
    Address::new_address((!address.name().is_empty()).then(|| address.name()), address.email())
}

/// Text that may stand in an id or a file's name.
fn plain(text: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    text.chars().filter(fits).take(80).collect()
}
