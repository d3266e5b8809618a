//! The address of S3 in a region: in every partition, with FIPS and dual stack if the standard variables ask for them.

use std::sync::OnceLock;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

/// Which of a region's endpoints requests go to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Kind {
    /// One whose cryptography is validated by FIPS 140.
    fips: bool,
    /// One that has IPv6 addresses, too.
    dual_stack: bool,
}

/// What [`prefer`] was given.
static PREFERRED: OnceLock<Kind> = OnceLock::new();

/// From now on, requests go to these endpoints. A second call in one process leaves the first in place.
pub fn prefer(fips: bool, dual_stack: bool) {
    let _ = PREFERRED.set(Kind { fips, dual_stack });
}

/// The builder with the endpoint of its region, unless it has an endpoint already.
pub fn with_endpoint(builder: AmazonS3Builder) -> AmazonS3Builder {
    of_kind(builder, PREFERRED.get().copied().unwrap_or_default())
}

fn of_kind(builder: AmazonS3Builder, kind: Kind) -> AmazonS3Builder {
    let value = |key: AmazonS3ConfigKey| builder.get_config_value(&key).filter(|value| !value.is_empty());
    let is = |key| value(key).is_some_and(|value| value == "true");
    let has_endpoint = value(AmazonS3ConfigKey::Endpoint).or(value(AmazonS3ConfigKey::S3Endpoint)).is_some();
    // Directory buckets have endpoints of their own.
    if has_endpoint || is(AmazonS3ConfigKey::S3Express) {
        return builder;
    }
    let region = value(AmazonS3ConfigKey::Region).or(value(AmazonS3ConfigKey::DefaultRegion));
    let Some(region) = region else { return builder };
    let host = host(&region, kind);
    let bucket =
        value(AmazonS3ConfigKey::Bucket).filter(|_| is(AmazonS3ConfigKey::VirtualHostedStyleRequest));
    let endpoint = match bucket {
        Some(bucket) => format!("https://{bucket}.{host}"),
        None => format!("https://{host}"),
    };
    builder.with_endpoint(endpoint)
}

/// The host of S3 in a region.
fn host(region: &str, kind: Kind) -> String {
    let name = if kind.fips { "s3-fips" } else { "s3" };
    let dual_stack = if kind.dual_stack { ".dualstack" } else { "" };
    format!("{name}{dual_stack}.{region}.{}", suffix(region))
}

/// The end of all host names in a region's partition, as the SDK resolves it.
#[cfg(feature = "aws")]
fn suffix(region: &str) -> String {
    crate::aws::partition::suffix(region).unwrap_or_else(|| known_suffix(region).to_owned())
}

/// The end of all host names in a region's partition.
#[cfg(not(feature = "aws"))]
fn suffix(region: &str) -> String {
    known_suffix(region).to_owned()
}

/// The end of host names by what the names of a partition's regions begin with.
const SUFFIXES: [(&str, &str); 7] = [
    ("cn-", "amazonaws.com.cn"),
    ("us-gov-", "amazonaws.com"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eusc-", "amazonaws.eu"),
];

fn known_suffix(region: &str) -> &'static str {
    let known = SUFFIXES.iter().find(|(prefix, _)| region.starts_with(prefix));
    known.map_or("amazonaws.com", |(_, suffix)| suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIPS: Kind = Kind { fips: true, dual_stack: false };
    const DUAL_STACK: Kind = Kind { fips: false, dual_stack: true };
    const BOTH: Kind = Kind { fips: true, dual_stack: true };

    #[test]
    fn every_partition_has_its_endpoints() {
        for (region, kind, expected) in [
            ("us-east-1", Kind::default(), "s3.us-east-1.amazonaws.com"),
            ("eu-central-1", DUAL_STACK, "s3.dualstack.eu-central-1.amazonaws.com"),
            ("us-east-2", FIPS, "s3-fips.us-east-2.amazonaws.com"),
            ("us-west-2", BOTH, "s3-fips.dualstack.us-west-2.amazonaws.com"),
            ("cn-north-1", Kind::default(), "s3.cn-north-1.amazonaws.com.cn"),
            ("cn-northwest-1", DUAL_STACK, "s3.dualstack.cn-northwest-1.amazonaws.com.cn"),
            ("us-gov-west-1", FIPS, "s3-fips.us-gov-west-1.amazonaws.com"),
            ("us-iso-east-1", Kind::default(), "s3.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", FIPS, "s3-fips.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", Kind::default(), "s3.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", Kind::default(), "s3.us-isof-south-1.csp.hci.ic.gov"),
            ("eusc-de-east-1", Kind::default(), "s3.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(host(region, kind), expected);
            assert_eq!(suffix(region), known_suffix(region), "{region}");
        }
    }

    #[test]
    fn an_endpoint_that_is_set_is_kept() {
        let builder = || AmazonS3Builder::new().with_bucket_name("kept").with_region("cn-north-1");
        let of = |builder, kind| of_kind(builder, kind).get_config_value(&AmazonS3ConfigKey::Endpoint);
        let host = "s3.cn-north-1.amazonaws.com.cn";
        assert_eq!(of(builder(), Kind::default()), Some(format!("https://{host}")));
        let virtual_hosted = builder().with_virtual_hosted_style_request(true);
        assert_eq!(of(virtual_hosted, Kind::default()), Some(format!("https://kept.{host}")));
        let own = "https://s3.example.com";
        assert_eq!(of(builder().with_endpoint(own), FIPS), Some(own.to_owned()));
        let own = builder().with_config(AmazonS3ConfigKey::S3Endpoint, own);
        assert_eq!(of(own, FIPS), None);
        assert_eq!(of(AmazonS3Builder::new(), FIPS), None, "without a region");
    }
}
