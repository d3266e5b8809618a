//! The bytes stored below prefixes of a bucket.

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    aws::AmazonS3,
    list::{PaginatedListOptions, PaginatedListStore as _},
};

use super::{bucket, raw_keys::EscapedListings, said};
use crate::telemetry::called;

/// Prefixes that are listed at once.
const AT_ONCE: usize = 16;

/// The bytes below each of these prefixes, in no order.
///
/// # Errors
///
/// If the bucket cannot be listed.
pub async fn bytes_below(name: &str, prefixes: Vec<String>) -> Result<Vec<u64>, String> {
    let builder = bucket(name)?.with_http_connector(EscapedListings);
    let store = &builder.build().map_err(|error| error.to_string())?;
    stream::iter(prefixes)
        .map(|prefix| async move {
            let prefix = prefix.trim_matches('/');
            let thing = format!("s3://{name}/{prefix}");
            let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
            let sum = called("s3:ListObjectsV2", &thing, sum(store, &prefix)).await;
            sum.map_err(|error| said(&error))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// The bytes of all objects whose keys begin with a prefix.
async fn sum(store: &AmazonS3, prefix: &str) -> object_store::Result<u64> {
    let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
    let mut options = PaginatedListOptions::default();
    let mut bytes = 0;
    loop {
        let page = store.list_paginated(prefix, options.clone()).await?;
        bytes += page.result.objects.iter().map(|object| object.size).sum::<u64>();
        if page.page_token.is_none() || page.page_token == options.page_token {
            return Ok(bytes);
        }
        options.page_token = page.page_token;
    }
}
