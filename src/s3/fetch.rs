//! Reads one object as a stream.

use std::io::Write;

use futures::StreamExt as _;
use object_store::{ObjectStoreExt as _, path::Path};

use super::{bucket, said};
use crate::telemetry::called;

/// Why an object was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It does not exist.
    #[error("it does not exist")]
    Gone,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Writes the object at `s3://bucket/key` to `out`.
///
/// # Errors
///
/// If it cannot be read completely, or not be written.
pub async fn fetch(url: &str, out: &mut impl Write) -> Result<(), FetchError> {
    let failed = FetchError::Failed;
    let (name, key) = url
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(|| failed("it is not an S3 address".to_owned()))?;
    let store = bucket(name).map_err(failed)?.build().map_err(|error| failed(error.to_string()))?;
    let path = Path::parse(key).map_err(|error| failed(error.to_string()))?;
    let got = called("s3:GetObject", url, store.get(&path)).await;
    let object = got.map_err(|error| match error {
        object_store::Error::NotFound { .. } if !said(&error).contains("NoSuchBucket") => FetchError::Gone,
        other => failed(said(&other)),
    })?;
    let mut chunks = object.into_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| failed(said(&error)))?;
        out.write_all(&chunk).map_err(|error| failed(format!("its copy cannot be written: {error}")))?;
    }
    Ok(())
}
