//! Styles that a mail keeps where its style sheet is dropped: each class of `templates/mail/inline.css` becomes a `style`.
//!
//! Only the template writes `class="…"`: a quote in any other text is escaped.

use std::{collections::BTreeMap, sync::LazyLock};

const SHEET: &str = include_str!("../../../templates/mail/inline.css");
const CLASS: &str = " class=\"";

/// The declarations of each class.
static STYLES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let rules = SHEET.lines().filter_map(|line| line.strip_prefix('.')?.strip_suffix('}')?.split_once('{'));
    rules.collect()
});

/// The document with the styles of its classes beside them.
pub(super) fn inlined(html: &str) -> String {
    let mut out = String::with_capacity(html.len() + html.len() / 4);
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(CLASS) {
        let (classes, behind) = after.split_once('"').unwrap_or((after, ""));
        let styles: Vec<&str> = classes.split(' ').filter_map(|class| STYLES.get(class).copied()).collect();
        out.push_str(&format!("{before}{CLASS}{classes}\""));
        if !styles.is_empty() {
            out.push_str(&format!(" style=\"{}\"", styles.join(";")));
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_get_their_styles_in_order() {
        let (st, critical) = (STYLES["st"], STYLES["b-critical"]);
        assert_eq!(
            inlined("<td class=\"st b-critical\">class=\"st\"</td><p class=\"none\">"),
            format!(
                "<td class=\"st b-critical\" style=\"{st};{critical}\">class=\"st\"</td><p class=\"none\">"
            )
        );
        assert_eq!(inlined("no class"), "no class");
    }

    /// Whether a property sets another one, too: `border` sets `border-color`.
    fn sets(property: &str, other: &str) -> bool {
        let is_part = other.strip_prefix(property).is_some_and(|rest| rest.starts_with('-'));
        property == other || is_part || (property, other) == ("font", "line-height")
    }

    #[test]
    fn the_sheet_sets_nothing_that_a_style_beside_the_class_sets_anyway() {
        let sheet = include_str!("../../../templates/mail/style.css");
        let properties = |style: &'static str| style.split(';').filter_map(|one| one.split_once(':'));
        let mut dead = Vec::new();
        for rule in sheet.split('}') {
            let Some((selectors, style)) = rule.rsplit_once('{') else { continue };
            // The block of a media query begins before its first rule.
            let selectors = selectors.rsplit(['{', '\n']).next().unwrap_or_default();
            for selector in selectors.split(',') {
                let class = selector.split(' ').next_back().and_then(|one| one.trim().strip_prefix('.'));
                let beside = class.and_then(|class| STYLES.get(class)).copied().unwrap_or_default();
                for (property, value) in properties(style).filter(|(_, value)| !value.contains("!important"))
                {
                    if properties(beside).any(|(other, _)| sets(other, property)) {
                        dead.push(format!("{selector}{{{property}:{value}}}"));
                    }
                }
            }
        }
        assert!(dead.is_empty(), "{dead:#?}");
    }

    #[test]
    fn every_rule_is_read_and_fits_an_attribute() {
        assert_eq!(STYLES.len(), SHEET.lines().filter(|line| !line.trim().is_empty()).count());
        for (class, style) in STYLES.iter() {
            assert!(!style.contains(['"', '{', '<']) && !style.ends_with(';'), "{class}: {style}");
            assert!(!class.contains([' ', '.', ':', '>']), "one class for each rule: {class}");
        }
        for severity in crate::domain::severity::Severity::ALL {
            for kind in ["c", "b"] {
                assert!(STYLES.contains_key(format!("{kind}-{severity}").as_str()), "{kind}-{severity}");
            }
        }
    }
}
