//! The partitions of AWS, as the SDK knows them.

use aws_sdk_glue::config::endpoint::{DefaultResolver, Params, ResolveEndpoint as _};
use futures::FutureExt as _;

/// The end of all host names in a region's partition, such as `amazonaws.com`; `None` if the SDK does not resolve it.
#[must_use]
pub fn suffix(region: &str) -> Option<String> {
    let params = Params::builder().region(region).build().ok()?;
    // The resolver computes; it waits for nothing.
    let endpoint = DefaultResolver::new().resolve_endpoint(&params).now_or_never()?.ok()?;
    endpoint.url().strip_prefix(&format!("https://glue.{region}.")).map(str::to_owned)
}
