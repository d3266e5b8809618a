//! The bytes stored below prefixes of a bucket.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore as _, path::Path};

use super::{bucket, said};
use crate::telemetry::called;

/// Prefixes that are listed at once.
const AT_ONCE: usize = 16;

/// The bytes below each of these prefixes, in no order.
///
/// # Errors
///
/// If the bucket cannot be listed.
pub async fn bytes_below(name: &str, prefixes: Vec<String>) -> Result<Vec<u64>, String> {
    let store = &bucket(name)?.build().map_err(|error| error.to_string())?;
    stream::iter(prefixes)
        .map(|prefix| async move {
            let path = Path::parse(prefix.trim_matches('/')).map_err(|error| error.to_string())?;
            let sum =
                store.list(Some(&path)).try_fold(0, |bytes, object| async move { Ok(bytes + object.size) });
            let thing = format!("s3://{name}/{path}");
            called("s3:ListObjectsV2", &thing, sum).await.map_err(|error| said(&error))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}
