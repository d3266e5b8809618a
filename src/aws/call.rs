//! Calls through the SDKs, logged with the number of their attempts.

use std::{
    error::Error,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use aws_sdk_glue::{
    config::{ConfigBag, Intercept, RuntimeComponents, interceptors::BeforeTransmitInterceptorContextRef},
    error::BoxError,
};

use crate::telemetry::Call;

/// Counts how often an SDK sends a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<AtomicU32>);

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Sends a request and logs the call; `send` gives the request the counter of attempts.
pub(super) async fn sent<T, E: Error, F: Future<Output = Result<T, E>>>(
    operation: &'static str,
    thing: &str,
    send: impl FnOnce(Attempts) -> F,
) -> Result<T, E> {
    let (call, attempts) = (Call::begin(operation, thing), Attempts::default());
    let result = send(attempts.clone()).await;
    call.end(Some(attempts.0.load(Ordering::Relaxed)), &result);
    result
}
