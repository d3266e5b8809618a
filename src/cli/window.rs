//! The time window that the options give.

use super::{UserError, WindowOptions};
use crate::domain::time::{Timestamp, Window};

/// The window of `--last` or `--from`/`--to`; `None` if neither is given.
pub(super) fn chosen(options: WindowOptions, now: Timestamp) -> Result<Option<Window>, UserError> {
    let (start, end) = match (options.last, options.from, options.to) {
        (Some(last), _, _) => (now.minus(last), now),
        (None, Some(from), Some(to)) => (from, to),
        _ => return Ok(None),
    };
    Window::new(start, end)
        .map(Some)
        .map_err(|empty| UserError::usage(empty).hint("give a start before the end"))
}
