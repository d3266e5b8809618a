//! Patterns that name detections: in `library.disable` and in suppressions.

use crate::{
    domain::detection::DetectionId,
    text::{At, Lint, Report},
};

/// Whether a text is a detection's id, or a pattern with one `*`; notes it if it is not.
pub(super) fn is_pattern(text: &At<String>, report: &Report<'_>) -> bool {
    let fits = match text.value.matches('*').count() {
        0 => text.value.parse::<DetectionId>().is_ok(),
        1 => text.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"*.-".contains(&b)),
        _ => false,
    };
    if !fits {
        let message = format!("`{}` is neither a detection's id nor a pattern with one `*`", text.value);
        let hint = Some("write an id such as `iam.root-console-login`, or `iam.*`".to_owned());
        report.error_with(Lint::BadValue, text.place, message, hint);
    }
    fits
}
