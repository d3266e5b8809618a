//! Problems found in the library or the configuration: codes, places and how they are shown.
//!
//! Nothing here finds a problem; this is only their shape.

use std::fmt;

use super::place::Place;

macro_rules! lints {
    ($($name:ident $code:literal $sentence:literal;)*) => {
        /// What is wrong, as a stable code.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Lint {
            $(#[doc = $sentence] $name,)*
        }

        impl Lint {
            /// Every code, in the order in which they are documented.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code, as it stands between brackets in a message.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What the code means, in one sentence.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

lints! {
    Unreadable "unreadable" "A file or directory cannot be read.";
    BadHeader "bad-header" "The header is missing, is not closed or is not TOML.";
    BadToml "bad-toml" "A file is not TOML.";
    UnknownKey "unknown-key" "A key means nothing here.";
    MissingKey "missing-key" "A key that is needed is not there.";
    BadValue "bad-value" "A value has the wrong type or form.";
    IdPathMismatch "id-path-mismatch" "An id does not say the file's directory and name.";
    DuplicateId "duplicate-id" "Two files have the same id, and the second does not say that it overrides.";
    OverrideWithoutOriginal "override-without-original" "A file says that it overrides, but there is nothing to override.";
    MissingColumn "missing-column" "A standard output column is missing from the select list.";
    UnknownHole "unknown-hole" "A hole in `says` is no output column.";
    UnknownAbout "unknown-about" "A name in `about` is no output column.";
    SelectStar "select-star" "The query selects `*` instead of naming its columns.";
    NotASelect "not-a-select" "The body is not one SELECT.";
    ForeignRelation "foreign-relation" "The query reads something else than the relations that detections may read.";
    UndeclaredParam "undeclared-param" "A parameter is used or given but not declared.";
    UnusedParam "unused-param" "A parameter is declared but not used.";
    UnknownFunction "unknown-function" "The query calls a function that not every engine has.";
    UnknownTechnique "unknown-technique" "An ATT&CK tactic or technique is not known.";
    TacticTechniqueMismatch "tactic-technique-mismatch" "An ATT&CK technique does not belong to the tactic it is given with.";
    LookbackWithoutHistory "lookback-without-history" "The header gives a look-back, but the query does not read `history`.";
    HistoryWithoutLookback "history-without-lookback" "The query reads `history`, but the header gives no look-back.";
    NoFiringCase "no-firing-case" "No case shows the detection firing.";
    NoNearMiss "no-near-miss" "No case shows an input that differs in one field from a firing one and finds nothing.";
    UnknownBase "unknown-base" "A case names a base event that does not exist.";
    OrphanCases "orphan-cases" "A file of cases lies beside no detection.";
    DeprecatedWithoutReason "deprecated-without-reason" "A deprecated detection does not say why in its description.";
    HeaderTooLong "header-too-long" "The header has more lines than a reader will read.";
    DuplicateDescription "duplicate-description" "Two detections have the same title or description.";
    SqlSyntax "sql-syntax" "The SQL cannot be parsed.";
    UnknownColumn "unknown-column" "A column does not exist.";
    UnknownDetection "unknown-detection" "The configuration names a detection that the library does not have.";
    UnknownPack "unknown-pack" "A schedule takes a pack that no detection belongs to.";
    UnreadWatchlist "unread-watchlist" "The configuration gives a watch-list that no detection reads.";
    BadNetwork "bad-network" "An entry of a watch-list of networks is not a network.";
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something cannot be used as it stands.
    Error,
    /// It works, but a person should look.
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

/// One problem with its place.
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
    /// What to do about it, where that is known.
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

    /// The same problem with something to do about it.
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
