//! Runs whose processes crash, for whatever reason: the schedule continues without the time that the runs were to search.

use super::{Observer, claimed_run::ClaimedRun, scheduled};
use crate::{
    domain::{
        state::SetAside,
        time::{Timestamp, Window},
    },
    plan::{unmet, window::Cadence},
    user_error::UserError,
};

/// How many processes in a row must have died before the schedule goes on.
const MAX_DEATHS: u64 = 2;

impl<O: Observer> ClaimedRun<'_, '_, O> {
    /// Sets aside what the processes before this one died of, if they were so many. The run of the same scheduled time is
    /// tried again, as nothing waits for it yet; so is one whose brief is written.
    pub(super) async fn set_aside(&mut self) -> Result<(), UserError> {
        let Some(deaths) = self.claim.deaths().filter(|deaths| deaths.number >= MAX_DEATHS).cloned() else {
            return Ok(());
        };
        let is_written = self.state.open.as_ref().is_some_and(|open| open.dispatch.is_some());
        let Some(at) = deaths.at.filter(|at| *at < self.run.at && !is_written) else { return Ok(()) };
        let (detections, cadence) = scheduled(self.run.app, self.run.schedule)?;
        let lists: Vec<&str> = self.run.app.context.watchlist.iter().map(|(list, _)| list.as_str()).collect();
        let (mut window, mut number) = (None, 0);
        for detection in detections.iter().filter(|detection| unmet(detection, &lists).is_none()) {
            let known = self.state.watermarks.get(&detection.id).copied();
            if let Some(lost) = searched(at, known, cadence) {
                self.state.watermarks.insert(detection.id.clone(), lost.end());
                window = Some(window.map_or(lost, |window: Window| window.union(lost)));
                number += 1;
            }
        }
        if let Some(window) = window {
            let set_aside = SetAside { run: deaths.run, window, detections: number, is_reported: false };
            self.state.set_aside.push(set_aside);
            self.state.open = None;
        }
        let oldest = self.run.at.minus(cadence.max_age);
        self.state.set_aside.retain(|it| !it.is_reported || it.window.end() > oldest);
        self.claim.forget_deaths();
        Ok(self.claim.save(&self.state).await?)
    }

    /// The runs that were set aside and that no brief has reported: the time that was not searched, and a note on each.
    pub(super) fn not_searched(&self) -> (Vec<Window>, Vec<String>) {
        let unreported = self.state.set_aside.iter().filter(|it| !it.is_reported);
        unreported.map(|it| (it.window, note(it))).unzip()
    }
}

/// What a run after a death was to search first for a detection with this watermark: at most a period.
fn searched(at: Timestamp, watermark: Option<Timestamp>, cadence: Cadence) -> Option<Window> {
    let from = watermark.unwrap_or(at.minus(cadence.every));
    Window::new(from, at.min(from.plus(cadence.every))).ok()
}

fn note(SetAside { run, window, detections, .. }: &SetAside) -> String {
    let (start, end) = (window.start(), window.end());
    format!(
        "run {run} crashed repeatedly, perhaps because it ran out of memory, and was set aside: {detections} {} not \
         search {start} … {end}, and no scheduled run will. Search it yourself: `trailbrief run --from {start} --to {end}`",
        if *detections == 1 { "detection did" } else { "detections did" }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_a_period_is_set_aside_at_once() {
        let at = Timestamp::from_unix_s(1_773_100_800);
        let cadence = Cadence::default();
        let hours = |hours: i64| at.minus(crate::domain::time::Span::from_s(hours * 3_600));
        for (watermark, expected) in
            [(None, Some((1, 0))), (Some(0), None), (Some(1), Some((1, 0))), (Some(5), Some((5, 4)))]
        {
            let expected = expected.map(|(from, to)| Window::new(hours(from), hours(to)).unwrap());
            assert_eq!(searched(at, watermark.map(hours), cadence), expected, "{watermark:?}");
        }
    }

    #[test]
    fn the_note_on_what_was_not_searched_says_how_to_search_it() {
        let at = Timestamp::from_unix_s(1_773_100_800);
        let window = Window::new(at, at.plus(crate::domain::time::Span::HOUR)).unwrap();
        let of = |detections| {
            note(&SetAside { run: "hourly-1".to_owned(), window, detections, is_reported: false })
        };
        assert!(of(1).starts_with("run hourly-1 ") && of(1).contains(" 1 detection did not search "));
        assert!(of(2).contains(" 2 detections did not search "), "{}", of(2));
        assert!(of(2).contains("--from 2026-03-10T00:00:00Z --to 2026-03-10T01:00:00Z`"), "{}", of(2));
    }
}
