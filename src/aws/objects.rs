//! Objects of S3 that are read as a stream.

use futures::StreamExt as _;
use object_store::{ObjectStoreExt as _, path::Path};
use std::io::Write;

use super::AwsError;

/// Writes the object at `s3://bucket/key` to `out`.
///
/// # Errors
///
/// If it cannot be read to its end, or not be written.
pub async fn fetch(url: &str, out: &mut impl Write) -> Result<(), AwsError> {
    let failed = |reason: String| AwsError {
        hint: Some("allow the role to read where the workgroup puts results".to_owned()),
        ..AwsError::unusable("s3:GetObject", &format!("`{url}`"), reason)
    };
    let (bucket, key) = url
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(|| failed("it is not an address of S3".to_owned()))?;
    let store = crate::s3::bucket(bucket).map_err(failed)?.build();
    let store = store.map_err(|error| failed(error.to_string()))?;
    let path = Path::parse(key).map_err(|error| failed(error.to_string()))?;
    let object = store.get(&path).await.map_err(|error| failed(error.to_string()))?;
    let mut chunks = object.into_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| failed(error.to_string()))?;
        out.write_all(&chunk).map_err(|error| failed(format!("its copy cannot be written: {error}")))?;
    }
    Ok(())
}
