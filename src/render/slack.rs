//! The brief as a Slack message.
pub(super) fn render(_brief: &crate::domain::brief::Brief) -> String {
    String::new()
}
