//! Lines of a fixed width: wrapping, hanging indents, rules, colour.
//!
//! Knows columns and inks; not what it prints. Its text must already be clean.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::render::TextStyle;

/// How a stretch of text is coloured, if colour is wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Ink {
    /// As it comes.
    Plain,
    /// Bold.
    Strong,
    /// Dimmed.
    Dim,
    /// White on red.
    Critical,
    /// Red.
    High,
    /// Yellow.
    Medium,
    /// Cyan.
    Low,
}

impl Ink {
    /// The ink of a severity's longer stretches, which would tire the eye on red.
    pub(in crate::render) fn soft(severity: &str) -> Self {
        match Self::of(severity) {
            Self::Critical => Self::High,
            Self::Plain => Self::Strong,
            ink => ink,
        }
    }

    /// The ink of a severity's name.
    pub(in crate::render) fn of(severity: &str) -> Self {
        match severity {
            "critical" => Self::Critical,
            "high" => Self::High,
            "medium" => Self::Medium,
            "low" => Self::Low,
            _ => Self::Plain,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\u{1b}[1m",
            Self::Dim => "\u{1b}[2m",
            Self::Critical => "\u{1b}[1;97;41m",
            Self::High => "\u{1b}[1;31m",
            Self::Medium => "\u{1b}[33m",
            Self::Low => "\u{1b}[36m",
        }
    }
}

/// The text as far as it is written.
pub(in crate::render) struct TextPage {
    out: String,
    width: usize,
    color: bool,
}

impl TextPage {
    pub(in crate::render) fn new(style: TextStyle) -> Self {
        Self { out: String::new(), width: style.width.max(40), color: style.color }
    }

    /// The whole text, ending in one line break.
    pub(in crate::render) fn finish(self) -> String {
        let mut out = self.out.trim_end_matches('\n').to_owned();
        out.push('\n');
        out
    }

    /// One empty line, unless there is one already.
    pub(in crate::render) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// A line across the page.
    pub(in crate::render) fn rule(&mut self, of: char) {
        let line = String::from(of).repeat(self.width);
        self.line(0, &line, Ink::Dim);
    }

    /// One line as it is, however long.
    pub(in crate::render) fn line(&mut self, indent: usize, text: &str, ink: Ink) {
        let text = self.ink(text, ink);
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(&text);
        self.out.push('\n');
    }

    /// A paragraph at an indent.
    pub(in crate::render) fn block(&mut self, indent: usize, text: &str, ink: Ink) {
        for line in wrap(text, self.width - indent) {
            self.line(indent, &line, ink);
        }
    }

    /// A paragraph with something standing before its first line.
    pub(in crate::render) fn hang(&mut self, before: &str, text: &str, before_ink: Ink, ink: Ink) {
        let indent = before.width().min(self.width / 2);
        if before.width() > self.width / 2 {
            self.line(0, before, before_ink);
        }
        for (at, line) in wrap(text, self.width - indent).into_iter().enumerate() {
            if at == 0 && before.width() == indent {
                let (before, line) = (self.ink(before, before_ink), self.ink(&line, ink));
                self.out.push_str(&format!("{before}{line}\n"));
            } else {
                self.line(indent, &line, ink);
            }
        }
    }

    /// A text on the left and one on the right of the same line, if both fit; else below each other.
    pub(in crate::render) fn spread(
        &mut self,
        (before, before_ink): (&str, Ink),
        left: &str,
        right: &str,
        ink: Ink,
    ) {
        let indent = before.width();
        let room = self.width.saturating_sub(indent + right.width() + 2).max(20);
        let lines = wrap(left, room);
        let last = lines.len().saturating_sub(1);
        for (at, line) in lines.iter().enumerate() {
            let gap = self.width.saturating_sub(indent + line.width() + right.width());
            let before = if at == 0 { before.to_owned() } else { " ".repeat(indent) };
            let before = self.ink(&before, before_ink);
            let shown = self.ink(line, ink);
            let tail = if at == last && gap > 1 {
                format!("{}{}", " ".repeat(gap), self.ink(right, Ink::Dim))
            } else {
                String::new()
            };
            self.out.push_str(&format!("{before}{shown}{tail}\n"));
            if at == last && gap <= 1 {
                self.block(indent, right, Ink::Dim);
            }
        }
    }

    /// A heading with a rule to the right edge.
    pub(in crate::render) fn heading(&mut self, title: &str, right: &str, ink: Ink) {
        let right = if right.is_empty() { String::new() } else { format!(" {right}") };
        let rule = self.width.saturating_sub(title.width() + right.width() + 1).max(2);
        let (title, rule, right) =
            (self.ink(title, ink), self.ink(&"─".repeat(rule), Ink::Dim), self.ink(&right, Ink::Dim));
        self.out.push_str(&format!("{title} {rule}{right}\n"));
    }

    fn ink(&self, text: &str, ink: Ink) -> String {
        match ink.code() {
            code if self.color && !code.is_empty() && !text.trim().is_empty() => {
                format!("{code}{text}\u{1b}[0m")
            }
            _ => text.to_owned(),
        }
    }
}

/// Where a long word may be cut, because what it is made of ends there.
const JOINTS: &str = "/:,;&?=|-_.";

/// Lines of at most `width` columns: cut at spaces; words that are longer, at their joints or anywhere.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut word = word;
        let gap = usize::from(used > 0);
        // A long word begins on the line it stands on, if that leaves it room worth having.
        if used + gap + word.width() > width && used > 0 && (word.width() <= width || width - used < 16) {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        while used + word.width() > width {
            let at = cut(word, width - used);
            line.push_str(&word[..at]);
            lines.push(std::mem::take(&mut line));
            used = 0;
            word = &word[at..];
        }
        line.push_str(word);
        used += word.width();
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Where to cut a word so that its first part has at most `width` columns; at least one character.
fn cut(word: &str, width: usize) -> usize {
    let mut used = 0;
    let mut fits = 0;
    let mut joint = 0;
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        fits = at + c.len_utf8();
        if JOINTS.contains(c) && used * 2 > width {
            joint = fits;
        }
    }
    match (joint, fits) {
        (0, 0) => word.chars().next().map_or(word.len(), char::len_utf8),
        (0, fits) => fits,
        (joint, _) => joint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_words_are_cut_at_their_joints() {
        assert_eq!(
            wrap("arn:aws:sts::111122223333:assumed-role/Deploy/ci", 30),
            ["arn:aws:sts::111122223333:", "assumed-role/Deploy/ci"]
        );
        assert_eq!(wrap("aaaaaaaaaa", 4), ["aaaa", "aaaa", "aa"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn wrapping_keeps_the_text_and_the_width(text in "[a-z/: 漢\u{301}]{0,200}", width in 4usize..60) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.width() <= width));
            let squeeze = |text: &str| text.replace(' ', "");
            prop_assert_eq!(squeeze(&lines.concat()), squeeze(&text));
        }
    }
}
