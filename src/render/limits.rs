//! How much of a brief is shown in full; the rest is counted.

use super::clean::Line;
use crate::domain::severity::Severity;

/// How much is shown in full.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Findings of one detection in full, by severity, least first.
    pub rows: [usize; 5],
    /// Actor and account pairs of one detection that are counted one by one.
    pub groups: usize,
    /// Detections of one severity in full, by severity, least first.
    pub detections: [usize; 5],
    /// Lines of the overview.
    pub overview: usize,
    /// Entries of any other list.
    pub list: usize,
    /// Characters of one value.
    pub value: usize,
    /// Named details of one finding.
    pub details: usize,
    /// From which severity on descriptions, harmless explanations and steps are shown. Those of critical findings always are.
    pub guidance: Severity,
    /// Stories in full.
    pub stories: usize,
    /// Stories beyond these that are severe: in short, but with a heading and what to do first.
    pub severe_stories: usize,
    /// Steps of one story.
    pub steps: usize,
    /// Things of one story that are left behind, and its links.
    pub left: usize,
    /// Actions of one story.
    pub actions: usize,
    /// Actions of one story among the containment of all.
    pub containment: usize,
}

impl Limits {
    /// All that a mail has room for; the other limits are parts of it.
    const FULL: Self = Self {
        rows: [4, 6, 10, 20, 40],
        groups: 12,
        detections: [100; 5],
        overview: 60,
        list: 30,
        value: 300,
        details: 20,
        guidance: Severity::Info,
        stories: 8,
        severe_stories: 40,
        steps: 10,
        left: 8,
        actions: 2,
        containment: 16,
    };

    /// For text, which no program clips.
    pub(super) const TEXT: Self = Self {
        rows: [2, 4, 7, 12, 25],
        groups: 10,
        detections: [200; 5],
        overview: 200,
        value: 400,
        steps: 6,
        left: 6,
        actions: 1,
        ..Self::FULL
    };

    /// For mail, the most generous first: the first that fits is used.
    pub(super) const MAIL: [Self; 10] = [
        Self::FULL,
        Self { rows: [2, 4, 7, 12, 25], groups: 10, list: 25, value: 240, details: 16, ..Self::FULL },
        Self {
            rows: [1, 3, 5, 8, 15],
            groups: 8,
            overview: 50,
            list: 20,
            value: 200,
            details: 12,
            guidance: Severity::Low,
            ..Self::FULL
        },
        Self {
            rows: [1, 2, 3, 5, 10],
            groups: 6,
            detections: [60; 5],
            overview: 40,
            list: 15,
            value: 160,
            details: 10,
            guidance: Severity::Medium,
            ..Self::FULL
        },
        Self {
            rows: [1, 1, 2, 3, 6],
            groups: 4,
            detections: [30, 40, 40, 40, 40],
            overview: 30,
            list: 12,
            value: 120,
            details: 8,
            guidance: Severity::High,
            severe_stories: 30,
            steps: 8,
            containment: 12,
            ..Self::FULL
        },
        Self {
            rows: [0, 1, 1, 2, 4],
            groups: 3,
            detections: [10, 15, 30, 30, 30],
            overview: 30,
            list: 10,
            value: 110,
            details: 6,
            guidance: Severity::High,
            severe_stories: 30,
            steps: 8,
            left: 6,
            containment: 8,
            ..Self::FULL
        },
        Self {
            rows: [0, 0, 1, 2, 3],
            groups: 3,
            detections: [4, 8, 20, 25, 25],
            overview: 30,
            list: 10,
            value: 100,
            details: 6,
            guidance: Severity::High,
            severe_stories: 24,
            steps: 8,
            left: 6,
            containment: 8,
            ..Self::FULL
        },
        Self {
            rows: [0, 0, 0, 1, 1],
            groups: 1,
            detections: [0, 0, 0, 16, 25],
            overview: 30,
            list: 6,
            value: 60,
            details: 1,
            guidance: Severity::High,
            severe_stories: 24,
            steps: 6,
            left: 5,
            containment: 0,
            ..Self::FULL
        },
        Self {
            rows: [0, 0, 0, 1, 1],
            groups: 2,
            detections: [0, 2, 6, 10, 10],
            overview: 20,
            list: 5,
            value: 80,
            details: 3,
            guidance: Severity::Critical,
            stories: 6,
            severe_stories: 16,
            steps: 6,
            left: 5,
            containment: 4,
            ..Self::FULL
        },
        Self {
            rows: [0, 0, 0, 0, 1],
            groups: 1,
            detections: [0, 1, 2, 3, 4],
            overview: 12,
            list: 2,
            value: 40,
            details: 1,
            guidance: Severity::Critical,
            stories: 3,
            severe_stories: 8,
            steps: 4,
            left: 3,
            containment: 0,
            ..Self::FULL
        },
    ];

    /// For Slack, where a whole message has 12,000 bytes.
    pub(super) const SLACK: Self = Self {
        rows: [1, 1, 2, 3, 5],
        groups: 3,
        detections: [40; 5],
        overview: 0,
        list: 5,
        value: 120,
        details: 4,
        stories: 3,
        severe_stories: 3,
        steps: 6,
        left: 4,
        containment: 0,
        ..Self::FULL
    };

    /// The note of a brief that was shortened more than usual to fit a medium.
    pub(super) fn shortened_note(&self, medium: &str) -> Line {
        let without = match self.guidance {
            Severity::Info => String::new(),
            least => format!(" Explanations and first steps are shown for {} only.", from(least)),
        };
        Line::new(format!(
            "This brief is shortened to fit {medium}: the first findings of each detection are shown in full, the others \
             are counted.{without} The CSV and the JSON have all findings."
        ))
    }

    /// For a severe story beyond those in full: how it began, the most telling act, and what to do first.
    pub(super) fn of_severe_stories(&self) -> Self {
        Self { steps: self.steps.min(2), left: self.left.min(2), actions: 1, ..*self }
    }

    /// Whether the containment of all stories has more than each story says itself.
    pub(super) const fn has_containment(&self) -> bool {
        self.containment > self.actions
    }

    /// Whether a detection of this severity is explained.
    pub(super) fn explains(&self, severity: Severity) -> bool {
        severity >= self.guidance
    }

    /// Detections of one severity in full.
    pub(super) const fn detections_of(&self, severity: Severity) -> usize {
        self.detections[severity as usize]
    }

    /// Findings of one detection in full.
    pub(super) const fn rows_of(&self, severity: Severity) -> usize {
        self.rows[severity as usize]
    }
}

/// The severities from this one on.
fn from(least: Severity) -> String {
    match least {
        Severity::Critical => "critical findings".to_owned(),
        least => format!("findings of {least} severity or worse"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn critical_findings_are_explained_in_the_longest_mail() {
        let all = Limits::MAIL.iter().chain([&Limits::TEXT, &Limits::SLACK]);
        assert!(all.clone().all(|limits| limits.explains(Severity::Critical)));
        assert!(all.clone().all(|limits| limits.stories > 0 && limits.steps > 0 && limits.actions > 0));
        assert!(all.clone().all(|limits| limits.severe_stories > 0));
        let mail: Vec<Severity> = Limits::MAIL.iter().map(|limits| limits.guidance).collect();
        assert!(mail.is_sorted(), "guidance goes from the least severe up");
    }
}
