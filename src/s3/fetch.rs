//! One object, read as a stream.

use std::io::Write;

use futures::StreamExt as _;
use object_store::{ObjectStoreExt as _, path::Path};

use super::{bucket, said};

/// Writes the object at `s3://bucket/key` to `out`.
///
/// # Errors
///
/// If it cannot be read to its end, or not be written.
pub async fn fetch(url: &str, out: &mut impl Write) -> Result<(), String> {
    let (name, key) = url
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or_else(|| "it is not an address of S3".to_owned())?;
    let store = bucket(name)?.build().map_err(|error| error.to_string())?;
    let path = Path::parse(key).map_err(|error| error.to_string())?;
    let object = store.get(&path).await.map_err(|error| said(&error))?;
    let mut chunks = object.into_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| said(&error))?;
        out.write_all(&chunk).map_err(|error| format!("its copy cannot be written: {error}"))?;
    }
    Ok(())
}
