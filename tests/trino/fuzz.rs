//! Soon.
use crate::{options::Options, oracle::Oracle, report::Found};
pub async fn run(_: &mut Oracle, _: &Options) -> Vec<Found> {
    Vec::new()
}
