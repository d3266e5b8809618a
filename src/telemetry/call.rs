//! Calls to services: each is logged with its operation, its thing, its duration, its attempts and its failure.

use std::{
    error::Error,
    future::Future,
    time::{Duration, Instant},
};

/// A call on its way.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    operation: &'static str,
    thing: &'a str,
    began: Instant,
}

impl<'a> Call<'a> {
    /// Begins a call: `operation` such as `glue:GetTable`, `thing` such as ``the table `db.t` ``. Neither may hold a secret.
    pub(crate) fn begin(operation: &'static str, thing: &'a str) -> Self {
        Self { operation, thing, began: Instant::now() }
    }

    /// Logs the end of the call; `attempts` is how often it was sent, where that is known.
    pub(crate) fn end<T, E: Error>(self, attempts: Option<u32>, result: &Result<T, E>) {
        let Self { operation, thing, began } = self;
        let duration_ms = milliseconds(began.elapsed());
        match result {
            Ok(_) => tracing::debug!(operation, thing, duration_ms, attempts, "call"),
            Err(error) => {
                let error = chain(error);
                tracing::debug!(operation, thing, duration_ms, attempts, error, "call failed");
            }
        }
    }
}

/// Makes a call whose attempts cannot be counted, and logs it.
pub(crate) async fn called<T, E: Error>(
    operation: &'static str,
    thing: &str,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = Call::begin(operation, thing);
    let result = call.await;
    begun.end(None, &result);
    result
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
