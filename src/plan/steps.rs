//! In which steps a scheduled run searches the time since its last run.
//!
//! Usually there is one step, up to the scheduled time. Detections that are far behind, after missed runs or failures, catch
//! up in steps of a bounded length, the oldest time first. Pure: the caller evaluates each step and gives the state after it.

use std::collections::{BTreeMap, BTreeSet};

use super::{gap, unmet, window::Cadence};
use crate::domain::{
    detection::{Detection, DetectionId},
    state::State,
    time::{Span, Timestamp, Window},
};

/// How many steps of catching up one run takes at most.
pub const MAX_STEPS: i64 = 4;

/// The steps of one scheduled run.
#[derive(Debug)]
pub struct Steps<'a> {
    at: Timestamp,
    cadence: Cadence,
    /// The detections that can run.
    able: Vec<&'a Detection>,
    /// Those that cannot.
    idle: Vec<&'a Detection>,
    /// What the schedule remembers after the steps so far.
    state: State,
    /// Whether steps are as short as possible, because the process before this one died.
    cautious: bool,
    /// Detections that this run does not ask again.
    asked: BTreeSet<DetectionId>,
    /// Before this time there are no logs at all; the next step searches it together with the time after it.
    empty_until: Timestamp,
    /// How many steps were taken, and how many of them caught up.
    taken: i64,
    caught_up: i64,
    /// What is never searched because catching up is capped.
    pub skipped: Vec<Window>,
    /// What the brief must mention of it.
    pub notes: Vec<String>,
}

/// One step: these detections are evaluated as if the schedule ran at this time.
#[derive(Debug)]
pub struct Step<'a> {
    /// The end of its windows.
    pub end: Timestamp,
    /// The detections.
    pub detections: Vec<&'a Detection>,
}

/// How far a schedule is behind after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Behind {
    /// How many detections are.
    pub detections: usize,
    /// Up to when all of them have searched.
    pub searched_until: Timestamp,
    /// The scheduled time whose run will have caught up.
    pub caught_up_at: Timestamp,
}

impl<'a> Steps<'a> {
    /// The steps up to a scheduled time, after what the schedule remembers. `watchlists` are the names of the lists that are
    /// not empty.
    #[must_use]
    pub fn new(
        detections: &[&'a Detection],
        (at, cadence, state): (Timestamp, Cadence, &State),
        watchlists: &[&str],
        cautious: bool,
    ) -> Self {
        let (able, idle) = detections.iter().partition(|detection| unmet(detection, watchlists).is_none());
        let mut steps = Self {
            at,
            cadence,
            able,
            idle,
            state: state.clone(),
            cautious,
            asked: BTreeSet::new(),
            empty_until: Timestamp::from_unix_s(0),
            taken: 0,
            caught_up: 0,
            skipped: Vec::new(),
            notes: Vec::new(),
        };
        steps.skip();
        steps
    }

    /// Moves the watermarks of detections that are further behind than catching up reaches.
    fn skip(&mut self) {
        let reach = self.at.minus(self.cadence.catch_up.max(self.cadence.every));
        let mut skipped: BTreeMap<Timestamp, Vec<&DetectionId>> = BTreeMap::new();
        for detection in &self.able {
            if let Some(watermark) = self.state.watermarks.get_mut(&detection.id).filter(|it| **it < reach) {
                skipped.entry(*watermark).or_default().push(&detection.id);
                *watermark = reach;
            }
        }
        for (from, detections) in skipped {
            self.skipped.extend(Window::new(from, reach));
            self.notes.push(gap(from, reach, &detections));
        }
    }

    /// What the schedule remembers after the steps so far.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The next step; `None` if the run has searched what it may.
    pub fn next_step(&mut self) -> Option<Step<'a>> {
        let mut step = match self.taken {
            0 => self.ready().or_else(|| self.oldest()),
            _ => self.oldest(),
        };
        if self.taken == 0 {
            let rest = || Step { end: self.at, detections: Vec::new() };
            step.get_or_insert_with(rest).detections.extend(&self.idle);
        }
        self.taken += 1;
        step
    }

    /// The detections that one step brings to the scheduled time, those that are up to date included.
    fn ready(&self) -> Option<Step<'a>> {
        let is_ready = |detection: &&&Detection| {
            self.watermark(detection).is_none_or(|from| between(from, self.at) <= self.longest(detection))
        };
        let detections: Vec<_> = self.able.iter().filter(is_ready).copied().collect();
        (!detections.is_empty()).then_some(Step { end: self.at, detections })
    }

    /// The oldest time that was not searched, with the detections that did not search it.
    fn oldest(&self) -> Option<Step<'a>> {
        let behind: Vec<(Timestamp, &Detection)> = self.behind().collect();
        let (from, first) = behind.iter().min_by_key(|(from, _)| *from)?;
        if self.caught_up == MAX_STEPS {
            return None;
        }
        // Steps of the same length, so that none is left for the last few seconds.
        let with_logs = |from: &Timestamp| (*from).max(self.empty_until);
        let (all, longest) = (between(with_logs(from), self.at).seconds(), self.longest(first).seconds());
        let steps = (all.div_euclid(longest) + i64::from(all % longest > 0)).max(1);
        let end = with_logs(from).plus(Span::from_s(all / steps + i64::from(all % steps > 0)));
        let fits = |(from, detection): &&(Timestamp, &Detection)| {
            *from < end && between(with_logs(from), end) <= self.longest(detection)
        };
        Some(Step { end, detections: behind.iter().filter(fits).map(|(_, detection)| *detection).collect() })
    }

    /// The detections that have more to search in this run, each with its watermark.
    fn behind(&self) -> impl Iterator<Item = (Timestamp, &'a Detection)> + '_ {
        let more = self.able.iter().filter(|detection| !self.asked.contains(&detection.id));
        let more = more.filter_map(|detection| Some((self.watermark(detection)?, *detection)));
        more.filter(|(from, _)| *from < self.at)
    }

    fn watermark(&self, detection: &Detection) -> Option<Timestamp> {
        self.state.watermarks.get(&detection.id).copied()
    }

    /// The longest time that a detection may search in one step: half as much after each run in which it gave no answer, but
    /// not less than a period.
    fn longest(&self, detection: &Detection) -> Span {
        let Cadence { every, max_window, .. } = self.cadence;
        let failed = self.state.unanswered.get(&detection.id).copied().unwrap_or(0).min(32);
        let longest = Span::from_s(max_window.seconds() >> failed);
        if self.cautious { every } else { longest.max(every) }
    }

    /// Takes what the schedule remembers after a step, and whether the step found no log. A detection that did not answer, or
    /// not completely, is not asked again.
    pub fn took(&mut self, step: &Step<'_>, state: State, is_blind: bool) {
        self.state = state;
        if is_blind && step.end < self.at {
            self.empty_until = step.end;
            return;
        }
        self.caught_up += i64::from(self.taken > 1 || step.end < self.at);
        for detection in &step.detections {
            if self.watermark(detection).is_none_or(|until| until < step.end) {
                self.asked.insert(detection.id.clone());
            }
        }
    }

    /// How far the schedule is behind after the steps so far; `None` if it is not, but for detections that gave no answer.
    #[must_use]
    pub fn still_behind(&self) -> Option<Behind> {
        let searched_until = self.behind().map(|(from, _)| from).min()?;
        let Cadence { every, max_window, .. } = self.cadence;
        let gained = (MAX_STEPS * max_window.max(every).seconds() - every.seconds()).max(1);
        let missing = between(searched_until, self.at).seconds();
        let runs = missing.div_euclid(gained) + i64::from(missing % gained > 0);
        Some(Behind {
            detections: self.behind().count(),
            searched_until,
            caught_up_at: self.at.plus(Span::from_s(runs * every.seconds())),
        })
    }
}

/// The time from one moment to a later one.
fn between(from: Timestamp, to: Timestamp) -> Span {
    Span::from_s(to.unix_s() - from.unix_s())
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: i64 = 3_600;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_unix_s(1_773_100_800 + hours * EVERY)
    }

    fn state(watermarks: &[(&str, i64)]) -> State {
        let watermarks = watermarks.iter().map(|(id, hours)| (id.parse().unwrap(), hour(*hours)));
        State { watermarks: watermarks.collect(), ..State::default() }
    }

    /// The steps of a run at hour 0, of which these detections answer: the end of each, with who is asked.
    fn steps(before: &State, cautious: bool, answers: &[&str]) -> (Vec<(i64, String)>, Option<Behind>) {
        let detections = ["a.new", "b.old", "c.bad"].map(Detection::sample);
        let detections: Vec<&Detection> = detections.iter().collect();
        let mut steps = Steps::new(&detections, (hour(0), Cadence::default(), before), &[], cautious);
        let mut taken = Vec::new();
        while let Some(step) = steps.next_step() {
            let asked: Vec<&str> = step.detections.iter().map(|detection| detection.id.as_str()).collect();
            taken.push(((step.end.unix_s() - hour(0).unix_s()) / 60, asked.join(" ")));
            let mut state = steps.state().clone();
            for detection in step.detections.iter().filter(|it| answers.contains(&it.id.as_str())) {
                state.watermarks.insert(detection.id.clone(), step.end);
            }
            steps.took(&step, state, false);
        }
        (taken, steps.still_behind())
    }

    fn owned(steps: &[(i64, &str)]) -> Vec<(i64, String)> {
        steps.iter().map(|(end, asked)| (*end, (*asked).to_owned())).collect()
    }

    #[test]
    fn a_run_usually_has_one_step() {
        let all = ["a.new", "b.old", "c.bad"];
        for watermarks in
            [&[][..], &[("a.new", -1), ("b.old", -6)], &[("a.new", 0), ("b.old", 0), ("c.bad", 0)]]
        {
            let (taken, behind) = steps(&state(watermarks), false, &all);
            assert_eq!((taken, behind), (owned(&[(0, "a.new b.old c.bad")]), None), "{watermarks:?}");
        }
    }

    #[test]
    fn after_missed_runs_the_oldest_time_comes_first() {
        let outage = state(&[("a.new", -24), ("b.old", -24), ("c.bad", -24)]);
        let all = ["a.new", "b.old", "c.bad"];
        let (taken, behind) = steps(&outage, false, &all);
        assert_eq!(taken, [-18, -12, -6, 0].map(|hours| (hours * 60, all.join(" "))));
        assert_eq!(behind, None);
        let longer = state(&[("a.new", -48), ("b.old", -48), ("c.bad", -48)]);
        let (taken, behind) = steps(&longer, false, &all);
        assert_eq!(taken.iter().map(|(end, _)| end / 60).collect::<Vec<_>>(), [-42, -36, -30, -24]);
        // A run catches up 24 hours, and the next one has one hour more to search.
        let expected = Behind { detections: 3, searched_until: hour(-24), caught_up_at: hour(2) };
        assert_eq!(behind, Some(expected));
    }

    #[test]
    fn no_step_is_longer_than_the_bound_and_none_is_left_for_a_few_seconds() {
        let before = State {
            watermarks: [("b.old".parse().unwrap(), hour(-6).minus(Span::from_s(7)))].into(),
            ..State::default()
        };
        let (taken, _) = steps(&before, false, &["a.new", "b.old", "c.bad"]);
        assert_eq!(taken, owned(&[(0, "a.new c.bad"), (-180, "b.old"), (0, "b.old")]));
    }

    #[test]
    fn whoever_is_behind_holds_nobody_up_and_asks_for_less_after_each_failure() {
        let mut before = state(&[("a.new", -1), ("b.old", -8), ("c.bad", -9)]);
        let bad: DetectionId = "c.bad".parse().unwrap();
        before.unanswered.insert(bad.clone(), 2);
        let (taken, behind) = steps(&before, false, &["a.new", "b.old"]);
        assert_eq!(taken, owned(&[(0, "a.new"), (-450, "b.old c.bad"), (-225, "b.old"), (0, "b.old")]));
        assert_eq!(behind, None, "that a detection gave no answer is another matter");
        before.unanswered.insert(bad, 40);
        assert_eq!(
            steps(&before, false, &["a.new"]).0[1],
            (-480, "c.bad".to_owned()),
            "never less than a period"
        );
    }

    #[test]
    fn time_without_any_log_does_not_hold_a_schedule_up() {
        let detection = Detection::sample("b.old");
        let before = state(&[("b.old", -48)]);
        let mut steps = Steps::new(&[&detection], (hour(0), Cadence::default(), &before), &[], false);
        let mut ends = Vec::new();
        while let Some(step) = steps.next_step() {
            let hours = (step.end.unix_s() - hour(0).unix_s()) / EVERY;
            ends.push(hours);
            // The first log was delivered 16 hours ago.
            let mut state = steps.state().clone();
            if hours > -16 {
                state.watermarks.insert(detection.id.clone(), step.end);
            }
            steps.took(&step, state, hours <= -16);
        }
        assert_eq!(ends, [-42, -36, -30, -24, -18, -12, -6, 0]);
    }

    #[test]
    fn after_a_process_died_steps_are_as_short_as_a_period() {
        let before = state(&[("a.new", -3), ("b.old", -3), ("c.bad", -3)]);
        let (taken, _) = steps(&before, true, &["a.new", "b.old", "c.bad"]);
        assert_eq!(taken.iter().map(|(end, _)| end / 60).collect::<Vec<_>>(), [-2, -1, 0]);
    }

    #[test]
    fn catching_up_is_capped_and_reported() {
        let detections = ["a.new", "b.old", "c.bad"].map(Detection::sample);
        let detections: Vec<&Detection> = detections.iter().collect();
        let before = state(&[("a.new", -24 * 9), ("b.old", -24 * 9), ("c.bad", -1)]);
        let steps = Steps::new(&detections, (hour(0), Cadence::default(), &before), &[], false);
        assert_eq!(steps.skipped, [Window::new(hour(-24 * 9), hour(-24 * 7)).unwrap()]);
        assert_eq!(steps.notes.len(), 1, "one note for all with the same gap: {:?}", steps.notes);
        let capped: BTreeMap<_, _> =
            state(&[("a.new", -24 * 7), ("b.old", -24 * 7), ("c.bad", -1)]).watermarks;
        assert_eq!(steps.state().watermarks, capped);
        // A detection that cannot run keeps its watermark.
        let needs = crate::domain::detection::Need::Watchlist("none".to_owned());
        let idle = Detection { needs: vec![needs], ..Detection::sample("a.new") };
        let steps = Steps::new(&[&idle], (hour(0), Cadence::default(), &before), &[], false);
        assert_eq!((&steps.state().watermarks, steps.notes.len()), (&before.watermarks, 0));
    }
}
