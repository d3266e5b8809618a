//! What is stored below prefixes of a bucket: files, their bytes, and how they are encrypted.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    ObjectMeta, ObjectStoreExt as _,
    aws::AmazonS3,
    list::{PaginatedListOptions, PaginatedListStore as _},
};

use super::{
    bucket,
    raw_keys::{EscapedListings, path_of, unescaped},
    requests::RequestCounter,
    said,
};
use crate::{
    domain::price::{Encryption, Requests},
    telemetry::called,
};

/// Prefixes that are listed at once.
const AT_ONCE: usize = 16;

/// What is stored below some prefixes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// How many prefixes were listed.
    pub prefixes: u64,
    /// The bytes of all objects below them.
    pub bytes: u64,
    /// How many objects.
    pub files: u64,
    /// How many pages their listings have: at least one for each prefix.
    pub pages: u64,
    /// How the newest of the objects is encrypted.
    pub encryption: Encryption,
    /// The requests that finding it out took.
    pub requests: Requests,
}

/// What is stored below all these prefixes.
///
/// # Errors
///
/// If the bucket cannot be listed.
pub async fn stored_below(name: &str, prefixes: Vec<String>) -> Result<Stored, String> {
    let counter = Arc::new(RequestCounter::default());
    let builder = bucket(name)?.with_http_connector(EscapedListings::counted_by(counter.clone()));
    let store = &builder.build().map_err(|error| error.to_string())?;
    let listed = prefixes.len() as u64;
    let (mut sum, newest) = stream::iter(prefixes)
        .map(|prefix| async move {
            let prefix = prefix.trim_matches('/');
            let thing = format!("s3://{name}/{prefix}");
            let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
            let below = called("s3:ListObjectsV2", &thing, below(store, &prefix)).await;
            below.map_err(|error| said(&error))
        })
        .buffer_unordered(AT_ONCE)
        .try_fold((Stored::default(), None), |(sum, newest), (stored, object)| async move {
            let sum = Stored {
                bytes: sum.bytes + stored.bytes,
                files: sum.files + stored.files,
                pages: sum.pages + stored.pages,
                ..sum
            };
            Ok((sum, newer(newest, object)))
        })
        .await?;
    if let Some(path) = newest.and_then(|object| path_of(&unescaped(&object.location))) {
        // If it may not be read, its encryption stays unknown.
        let _ = called("s3:HeadObject", &format!("s3://{name}/{path}"), store.head(&path)).await;
    }
    sum.prefixes = listed;
    sum.encryption = counter.encryption();
    sum.requests = counter.requests();
    Ok(sum)
}

/// The one of two objects that was written last.
fn newer(one: Option<ObjectMeta>, other: Option<ObjectMeta>) -> Option<ObjectMeta> {
    [one, other].into_iter().flatten().max_by_key(|object| object.last_modified)
}

/// What is stored below one prefix, and the newest object.
async fn below(store: &AmazonS3, prefix: &str) -> object_store::Result<(Stored, Option<ObjectMeta>)> {
    let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
    let mut options = PaginatedListOptions::default();
    let (mut stored, mut newest) = (Stored::default(), None);
    loop {
        let page = store.list_paginated(prefix, options.clone()).await?;
        stored.pages += 1;
        stored.files += page.result.objects.len() as u64;
        stored.bytes += page.result.objects.iter().map(|object| object.size).sum::<u64>();
        newest = newer(newest, page.result.objects.into_iter().max_by_key(|object| object.last_modified));
        if page.page_token.is_none() || page.page_token == options.page_token {
            return Ok((stored, newest));
        }
        options.page_token = page.page_token;
    }
}
