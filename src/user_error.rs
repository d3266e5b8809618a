//! Why a command or an invocation cannot do its work: what failed, why, what to do, and of which kind it is.

mod of;

use std::fmt;

/// The kinds of errors: few, fixed, and the error types of the Lambda function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A mistake in what was typed or asked for.
    Request,
    /// A mistake in the configuration.
    Configuration,
    /// The table cannot be read or updated.
    Table,
    /// Athena cannot be asked.
    Athena,
    /// The logs cannot be listed.
    Logs,
    /// The state cannot be claimed, read or written.
    State,
    /// Another run of the same schedule is under way.
    Busy,
    /// A brief did not reach a channel.
    Delivery,
    /// A run could not be ended in time, and it has not been resumed yet.
    Unfinished,
    /// Anything else.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "Request",
            Self::Configuration => "Configuration",
            Self::Table => "Table",
            Self::Athena => "Athena",
            Self::Logs => "Logs",
            Self::State => "State",
            Self::Busy => "Busy",
            Self::Delivery => "Delivery",
            Self::Unfinished => "Unfinished",
            Self::Internal => "Internal",
        })
    }
}

/// A message that ends a command or an invocation.
#[derive(Debug)]
pub struct UserError {
    kind: ErrorKind,
    error: anyhow::Error,
    hint: Option<String>,
}

impl UserError {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, error: impl Into<anyhow::Error>) -> Self {
        Self { kind, error: error.into(), hint: None }
    }

    /// A mistake in what was typed or asked for.
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Request, error)
    }

    /// A failure.
    pub fn failed(error: impl Into<anyhow::Error>) -> Self {
        Self::new(ErrorKind::Internal, error)
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with advice, where there is some.
    #[must_use]
    pub fn hint_if(self, hint: Option<String>) -> Self {
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What failed, and why.
    #[must_use]
    pub const fn error(&self) -> &anyhow::Error {
        &self.error
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error and its causes on one line.
    #[must_use]
    pub fn line(&self) -> String {
        let causes: Vec<String> = self.error.chain().map(ToString::to_string).collect();
        causes.join(": ")
    }
}
