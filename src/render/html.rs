//! The brief as an HTML mail: one file, no script, nothing fetched, small enough not to be clipped.
//!
//! The template places what the view says and escapes all of it. The only links are the library's own `https`
//! references.

mod inline;

use askama::Template;

use super::{
    RenderError,
    clean::Line,
    limits::Limits,
    subject,
    view::{DetectionView, Fired, Glance, GroupView, View},
    words,
};
use crate::domain::brief::Brief;

/// How long a mail may be. Gmail hides what comes after 102 kB; transfer encoding and headers add some.
const MAX_BYTES: usize = 96_000;

#[derive(Template)]
#[template(path = "mail/brief.html")]
struct Mail<'a> {
    view: &'a View,
    subject: &'a str,
    fitted: Option<Line>,
}

impl Glance {
    fn number(&self) -> String {
        words::number(self.fresh())
    }

    /// The counts that the number leaves out: late, already reported, suppressed.
    fn rest(&self) -> String {
        [(self.late, "late"), (self.repeated, words::ALREADY_REPORTED), (self.suppressed, "suppressed")]
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{} {word}", words::number(n)))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Fired {
    fn cells(&self) -> [String; 3] {
        self.counts.map(|n| if n == 0 { String::new() } else { words::number(n) })
    }
}

impl GroupView {
    /// Where an ARN's name begins.
    fn cut(&self) -> usize {
        let actor = self.actor.as_str();
        let cut = actor.rfind(['/', ':']).map_or(0, |at| at + 1);
        if actor.starts_with("arn:") && cut < actor.len() { cut } else { 0 }
    }

    /// What stands before the name in an ARN.
    fn path(&self) -> Line {
        Line::new(&self.actor.as_str()[..self.cut()])
    }

    /// The actor's name, which a reader looks for.
    fn name(&self) -> Line {
        Line::new(&self.actor.as_str()[self.cut()..])
    }
}

impl DetectionView {
    fn has_guide(&self) -> bool {
        !(self.benign.is_empty() && self.steps.is_empty() && self.references.is_empty())
    }
}

/// A paragraph of a note, for a document that is rendered already.
pub(super) fn note(label: &str, text: &str) -> String {
    inline::inlined(&format!("<p class=\"nt\"><b>{label}:</b> {text}</p>\n"))
}

/// The brief as HTML, shortened until it fits.
pub(super) fn render(brief: &Brief) -> Result<String, RenderError> {
    let subject = subject::render(brief);
    let mut html = String::new();
    for (level, limits) in Limits::MAIL.iter().enumerate() {
        let fitted = (level > 0).then(|| limits.shortened_note("a mail"));
        let mail = Mail { view: &View::of(brief, limits), subject: &subject, fitted }.render()?;
        html = inline::inlined(&mail);
        if html.len() <= MAX_BYTES {
            break;
        }
    }
    Ok(html)
}
