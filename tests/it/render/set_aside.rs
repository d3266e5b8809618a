//! What a brief could not judge or does not hold.

use trailbrief::testing::domain::{
    detection::Detection,
    truncation::Truncation,
    undecidable::{Undecidable, UndecidableEvent},
};

use super::sample::{at, some};

/// An event that a detection could not judge.
pub fn undecidable(detection: &Detection, event: &str, repeated: bool) -> Undecidable {
    let event = UndecidableEvent {
        event_time: Some(at("2026-03-10T07:30:00Z")),
        event_id: some(event),
        account_id: some("111122223333"),
        file: Some("111122223333_CloudTrail_us-east-1_20260310T0735Z_y.json.gz".to_owned()),
        reason: "INVALID_CAST_ARGUMENT: Cannot cast to array. Unexpected value {\"cidrIp\":\"<b>\"}"
            .to_owned(),
    };
    Undecidable { detection: detection.id.clone(), event, repeated }
}

/// Findings that a brief does not hold.
pub fn truncated(detection: &Detection) -> Truncation {
    let left_out = vec![(some("arn:aws:iam::111122223333:user/eve"), 1_204), (None, 3)];
    Truncation { detection: detection.id.clone(), kept: 20_000, left_out, is_cut: false }
}
