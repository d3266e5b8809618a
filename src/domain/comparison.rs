//! What differs between two briefs.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    brief::Brief,
    changes::Undone,
    finding::{Finding, Fingerprint},
    severity::Severity,
    story::{Story, StoryId},
};

/// What a later brief says that an earlier one does not, and the other way round.
#[derive(Debug, Default)]
pub struct Comparison<'b> {
    /// Stories of the later brief only: the worst first.
    pub new: Vec<&'b Story>,
    /// Stories of both that have more findings, or are worse, in the later one.
    pub grown: Vec<Grown<'b>>,
    /// Stories of the earlier brief only.
    pub quiet: Vec<&'b Story>,
    /// How many stories are in both and have not grown.
    pub unchanged: u64,
    /// What somebody undid or changed between both, by the later brief and those between them.
    pub undone: Vec<&'b Undone>,
    /// Findings of the later brief only, in its order.
    pub new_findings: Vec<&'b Finding>,
    /// Findings of the earlier brief only, in its order.
    pub gone_findings: Vec<Gone<'b>>,
    /// How many findings are in both.
    pub same_findings: u64,
}

/// A story that has grown.
#[derive(Debug)]
pub struct Grown<'b> {
    /// As the later brief shows it.
    pub story: &'b Story,
    /// How many of its findings the earlier brief does not have in this story.
    pub findings: u64,
    /// Its severity in the earlier brief.
    pub before: Severity,
}

/// A finding that the later brief does not report.
#[derive(Debug)]
pub struct Gone<'b> {
    /// As the earlier brief has it.
    pub finding: &'b Finding,
    /// Whether the later brief holds it back as suppressed.
    pub is_suppressed: bool,
}

impl<'b> Comparison<'b> {
    /// Compares two briefs. `between` are the briefs after the earlier one and before the later one, of the later one's
    /// schedule; only what was undone is taken from them.
    #[must_use]
    pub fn of(before: &'b Brief, between: &'b [Brief], after: &'b Brief) -> Self {
        let mut found = Self::default();
        found.stories(before, after);
        found.findings(before, after);
        let mut seen = BTreeSet::new();
        let undone = between.iter().chain([after]).filter_map(|brief| brief.changes.as_ref());
        found.undone =
            undone.flat_map(|changes| &changes.undone).filter(|it| seen.insert(it.fingerprint())).collect();
        found
    }

    fn stories(&mut self, before: &'b Brief, after: &'b Brief) {
        let earlier: BTreeMap<&StoryId, &Story> =
            before.stories.iter().map(|story| (&story.id, story)).collect();
        let later: BTreeSet<&StoryId> = after.stories.iter().map(|story| &story.id).collect();
        for story in &after.stories {
            let Some(known) = earlier.get(&story.id) else {
                self.new.push(story);
                continue;
            };
            let held: BTreeSet<&Fingerprint> = known.findings.iter().collect();
            let findings = story.findings.iter().filter(|finding| !held.contains(finding)).count() as u64;
            if findings > 0 || story.severity > known.severity {
                self.grown.push(Grown { story, findings, before: known.severity });
            } else {
                self.unchanged += 1;
            }
        }
        self.quiet = before.stories.iter().filter(|story| !later.contains(&story.id)).collect();
        self.new.sort_by_key(|story| std::cmp::Reverse(story.severity));
        self.grown.sort_by_key(|grown| std::cmp::Reverse(grown.story.severity));
        self.quiet.sort_by_key(|story| std::cmp::Reverse(story.severity));
    }

    fn findings(&mut self, before: &'b Brief, after: &'b Brief) {
        let of = |brief: &'b Brief| brief.findings.iter().map(|it| &it.fingerprint).collect::<BTreeSet<_>>();
        let (earlier, later) = (of(before), of(after));
        let suppressed: BTreeSet<&Fingerprint> =
            after.suppressed.iter().map(|(it, _)| &it.fingerprint).collect();
        self.new_findings = after.findings.iter().filter(|it| !earlier.contains(&it.fingerprint)).collect();
        self.same_findings = (after.findings.len() - self.new_findings.len()) as u64;
        let gone = before.findings.iter().filter(|it| !later.contains(&it.fingerprint));
        self.gone_findings = gone
            .map(|finding| Gone { finding, is_suppressed: suppressed.contains(&finding.fingerprint) })
            .collect();
    }

    /// Whether both say the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { new, grown, quiet, unchanged: _, undone, new_findings, gone_findings, same_findings: _ } =
            self;
        new.is_empty()
            && grown.is_empty()
            && quiet.is_empty()
            && undone.is_empty()
            && new_findings.is_empty()
            && gone_findings.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{changes::Changes, untrusted::Untrusted};

    fn finding(about: &str) -> Finding {
        Finding::sample("a.b", about, None)
    }

    fn brief(findings: &[Finding], stories: &[(&str, &[&Finding])]) -> Brief {
        Brief {
            findings: findings.to_vec(),
            stories: stories.iter().map(|(who, findings)| Story::sample(who, findings)).collect(),
            ..Brief::sample()
        }
    }

    fn undone(what: &str) -> Changes {
        let undone = Undone {
            story: StoryId::of("alice"),
            person: Untrusted::new("alice"),
            severity: Severity::High,
            what: Untrusted::new(what),
            standing: None,
            by: Untrusted::new("bob"),
            at: None,
            event_id: Untrusted::new("e-1"),
        };
        Changes { undone: vec![undone], ..Changes::default() }
    }

    #[test]
    fn two_briefs_differ_in_stories_findings_and_what_was_undone() {
        let [a, b, c, d] = ["a", "b", "c", "d"].map(finding);
        let worse = Finding { severity: Severity::High, ..finding("a") };
        let before = brief(
            &[a.clone(), b.clone(), c.clone()],
            &[("alice", &[&a]), ("bob", &[&b]), ("carol", &[&c]), ("erin", &[&a])],
        );
        let mut after = brief(
            &[a.clone(), d.clone()],
            &[("alice", &[&a, &d]), ("dave", &[&d]), ("carol", &[&c]), ("erin", &[&worse])],
        );
        after.suppressed = vec![(b.clone(), 0)];
        after.changes = Some(undone("key"));
        let between = [
            Brief { changes: Some(undone("user")), ..Brief::sample() },
            Brief { changes: Some(undone("key")), ..Brief::sample() },
        ];
        let found = Comparison::of(&before, &between, &after);
        let people =
            |stories: &[&Story]| stories.iter().map(|it| it.person.raw().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            (people(&found.new), people(&found.quiet)),
            (vec!["dave".to_owned()], vec!["bob".to_owned()])
        );
        let grown: Vec<_> =
            found.grown.iter().map(|it| (it.story.person.raw(), it.findings, it.before)).collect();
        assert_eq!(grown, [("erin", 0, Severity::Low), ("alice", 1, Severity::Low)]);
        assert_eq!((found.unchanged, found.same_findings), (1, 1));
        assert_eq!(found.new_findings, [&d]);
        let gone: Vec<_> = found.gone_findings.iter().map(|it| (it.finding, it.is_suppressed)).collect();
        assert_eq!(gone, [(&b, true), (&c, false)]);
        let undone: Vec<&str> = found.undone.iter().map(|it| it.what.raw()).collect();
        assert_eq!(undone, ["user", "key"], "each once");
        assert!(!found.is_empty());
    }

    #[test]
    fn a_brief_does_not_differ_from_itself() {
        let a = finding("a");
        let same = brief(std::slice::from_ref(&a), &[("alice", &[&a])]);
        let found = Comparison::of(&same, &[], &same);
        assert!(found.is_empty());
        assert_eq!((found.unchanged, found.same_findings), (1, 1));
    }
}
