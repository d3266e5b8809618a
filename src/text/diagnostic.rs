//! Problems found in the library or the configuration: where they are and how they are shown.
//!
//! Nothing here finds a problem; this is only their shape.

use std::fmt;

use super::{Lint, Place};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something cannot be used as it stands.
    Error,
    /// It works, but somebody should look at it.
    Warning,
}

impl Level {
    /// Its name, as it opens a message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One problem and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub code: Lint,
    /// How bad it is.
    pub level: Level,
    /// The file, as a person would name it.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, in words, without a full stop.
    pub message: String,
    /// What to do about it, if that is known.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A problem of level [`Level::Error`].
    #[must_use]
    pub fn error(code: Lint, file: &str, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            level: Level::Error,
            file: file.to_owned(),
            line: place.line,
            column: place.column,
            message: message.into(),
            hint: None,
        }
    }

    /// The same problem as a warning.
    #[must_use]
    pub fn warning(self) -> Self {
        Self { level: Level::Warning, ..self }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The same problem, with a hint if there is one.
    #[must_use]
    pub fn hint_if(self, hint: Option<String>) -> Self {
        Self { hint, ..self }
    }
}

impl fmt::Display for Diagnostic {
    /// Three lines at most, without a line break at the end:
    ///
    /// ```text
    /// error[unknown-key]: unknown key `severty`
    ///   --> queries/iam/root-console-login.sql:4:4
    ///   = hint: did you mean `severity`?
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, level, file, line, column, message, hint } = self;
        writeln!(f, "{}[{code}]: {}", level.as_str(), OneLine(message))?;
        write!(f, "  --> {}:{line}:{column}", OneLine(file))?;
        match hint {
            Some(hint) => write!(f, "\n  = hint: {}", OneLine(hint)),
            None => Ok(()),
        }
    }
}

/// Text that stays on its line: control characters, which a file may hold as `\u001b`, are shown escaped.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            if c.is_control() { write!(f, "{}", c.escape_default()) } else { write!(f, "{c}") }
        })
    }
}

/// Orders problems as a reader goes through the files, and drops repetitions.
pub(crate) fn in_reading_order(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by(|a, b| {
        (&a.file, a.line, a.column, a.code, &a.message).cmp(&(&b.file, b.line, b.column, b.code, &b.message))
    });
    problems.dedup();
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_no_control_characters() {
        let problem = Diagnostic::error(Lint::BadValue, "a\nb", Place::START, "x\u{1b}[31m").hint("\r");
        assert_eq!(problem.to_string(), "error[bad-value]: x\\u{1b}[31m\n  --> a\\nb:1:1\n  = hint: \\r");
    }
}
