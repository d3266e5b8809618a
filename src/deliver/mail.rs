//! A brief as a mail: text, HTML and the findings as CSV, with headers that keep machines from answering.
//!
//! Pure: sends nothing and makes no request. Each brief is a mail of its own and answers no other, because mail programs
//! fold answers into threads, and a folded brief is not read. SES replaces Message-ID and Date.

use mail_builder::{
    MessageBuilder,
    headers::{address::Address, raw::Raw},
    mime::{BodyPart, MimePart},
};

use crate::{
    config::{Mail, MailAddress},
    domain::{message::Message, untrusted::visible},
};

/// A mail, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MimeMail {
    /// The subject with its prefix, not encoded.
    pub subject: String,
    /// Headers and body as they are sent.
    pub raw: Vec<u8>,
}

/// Writes the mail.
#[must_use]
pub fn compose(message: &Message, mail: &Mail) -> MimeMail {
    let subject = match mail.subject_prefix.value.trim() {
        "" => message.subject.clone(),
        prefix => format!("{prefix} {}", message.subject),
    };
    // Every part of it is clean already. That no subject can end its header must not depend on that alone.
    let subject = visible(&subject);

    let (run, list) = (plain(&message.run), plain(&message.list));
    let domain = mail.from.value.domain();
    let mut mime = MessageBuilder::new()
        .from(address(&mail.from.value))
        .to(Address::new_list(mail.to.value.iter().map(address).collect()))
        .subject(subject.as_str())
        .date(message.started.unix_s())
        .message_id(format!("{run}.trailbrief@{domain}"))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("Precedence", Raw::new("bulk"))
        .header("List-Id", Raw::new(format!("<{list}.trailbrief.{domain}>")))
        .text_body(message.text.as_str());
    if !message.html.is_empty() {
        mime = mime.html_body(message.html.as_str());
    }
    if let Some(reply_to) = &mail.reply_to {
        mime = mime.reply_to(address(&reply_to.value));
    }
    if let Some(csv) = &message.csv {
        // As bytes, so that its lines stay as they are; the lines of base64 are short, however long those of the CSV are.
        let part = MimePart::new("text/csv; charset=utf-8", BodyPart::Binary(csv.as_bytes().into()));
        mime.attachments = Some(vec![part.attachment(format!("trailbrief-{run}.csv"))]);
    }
    let mut raw = Vec::new();
    mime.serialize(&mut raw);
    MimeMail { subject, raw }
}

fn address(address: &MailAddress) -> Address<'_> {
    Address::new_address((!address.name().is_empty()).then(|| address.name()), address.email())
}

/// The characters of a text that are allowed in an id or a file name.
fn plain(text: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    text.chars().filter(fits).take(80).collect()
}
