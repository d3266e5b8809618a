//! A brief as a mail: text, HTML and the findings as CSV, with headers that keep machines from answering.
//!
//! Pure: sends nothing, asks nobody. Each brief is a mail of its own: it answers no other, because mail programs fold
//! what answers something, and a folded brief is not read. Message-ID and Date are ours only until SES replaces them.

use mail_builder::{
    MessageBuilder,
    headers::{address::Address, raw::Raw},
    mime::{BodyPart, MimePart},
};

use super::DeliveryError;
use crate::{
    config::{Mail, MailAddress},
    domain::{brief::Brief, untrusted::visible},
    render::{self, TextStyle},
};

/// From this size on the CSV is left out, in bytes.
const CSV_BYTES: usize = 1_000_000;

/// From this size on the text part is cut, in bytes. With HTML of at most some 90 KB, and encoded as awkwardly as can be, a
/// message stays below half of what SES takes.
const TEXT_BYTES: usize = 1_000_000;

/// A mail, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The subject, before it is encoded.
    pub subject: String,
    /// Headers and body.
    pub raw: Vec<u8>,
}

/// Writes the mail.
///
/// # Errors
///
/// If the brief cannot be rendered.
pub fn compose(brief: &Brief, mail: &Mail) -> Result<Message, DeliveryError> {
    let rows = brief.findings.len() + brief.suppressed.len();
    let csv = if rows > 0 { render::csv(brief) } else { String::new() };
    let attached = csv.len() < CSV_BYTES;
    let noted = (!attached).then(|| without_csv(brief, csv.len()));
    let brief = noted.as_ref().unwrap_or(brief);
    let text = shortened(render::text(brief, TextStyle::default()));
    let html = render::html(brief)?;
    let subject = match mail.subject_prefix.value.trim() {
        "" => render::subject(brief),
        prefix => format!("{prefix} {}", render::subject(brief)),
    };
    // Every part of it is clean already; that no subject ends its header must not hang on that alone.
    let subject = visible(&subject);

    let run = plain(&brief.run.id);
    let list = brief.run.schedule.as_deref().map_or_else(|| "on-demand".to_owned(), plain);
    let domain = mail.from.value.domain();
    let mut message = MessageBuilder::new()
        .from(address(&mail.from.value))
        .to(Address::new_list(mail.to.value.iter().map(address).collect()))
        .subject(subject.as_str())
        .date(brief.run.started.unix_s())
        .message_id(format!("{run}.trailbrief@{domain}"))
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Raw::new("All"))
        .header("Precedence", Raw::new("bulk"))
        .header("List-Id", Raw::new(format!("<{list}.trailbrief.{domain}>")))
        .text_body(text)
        .html_body(html);
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(address(&reply_to.value));
    }
    if rows > 0 && attached {
        // As bytes, so that no line of it is touched; the lines of base64 are short, whatever those of the CSV are.
        let part = MimePart::new("text/csv; charset=utf-8", BodyPart::Binary(csv.into_bytes().into()));
        message.attachments = Some(vec![part.attachment(format!("trailbrief-{run}.csv"))]);
    }
    let mut raw = Vec::new();
    message.serialize(&mut raw);
    Ok(Message { subject, raw })
}

fn address(address: &MailAddress) -> Address<'_> {
    Address::new_address((!address.name().is_empty()).then(|| address.name()), address.email())
}

/// Text that may stand in an id or a file's name.
fn plain(text: &str) -> String {
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    text.chars().filter(fits).take(80).collect()
}

/// The brief with a note that its CSV is missing, and how to get it.
fn without_csv(brief: &Brief, bytes: usize) -> Brief {
    let mut brief = brief.clone();
    let note = format!(
        "The CSV of all findings is not attached: it has {:.1} MB. `trailbrief run … --out DIR` over the same window \
         writes it.",
        bytes as f64 / 1e6
    );
    // First, because a long list of notes is folded at its end.
    brief.run.notes.insert(0, note);
    brief
}

/// The text, cut at the end of a line if it is too long.
fn shortened(mut text: String) -> String {
    if text.len() > TEXT_BYTES {
        let bytes = text.len();
        let cut = text.as_bytes()[..TEXT_BYTES].iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        text.truncate(cut);
        text.push_str(&format!("\n\nThis text is cut: it has {:.1} MB.\n", bytes as f64 / 1e6));
    }
    text
}
