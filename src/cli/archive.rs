//! The archive of briefs: which there are, and the one that a person means.

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::{ConfigOption, UserError, load};
use crate::{
    app,
    domain::{
        brief::Brief,
        time::{Span, Timestamp},
        untrusted::visible,
    },
    render,
    run::scheduled_time,
    store::{Store, StoreError},
    text::did_you_mean,
};

/// What means the latest brief.
pub(super) const LATEST: &str = "latest";

/// How many briefs are read at once.
const AT_ONCE: usize = 8;

/// A brief of the archive, by its run.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) schedule: String,
    pub(super) run: String,
    pub(super) at: Timestamp,
}

/// The archived briefs of some schedules, the latest first.
#[derive(Debug)]
pub(super) struct Archive {
    store: Store,
    entries: Vec<Entry>,
    /// The schedule that was asked for, if one was.
    only: Option<String>,
}

impl Archive {
    /// Lists the archive of the configured state.
    pub(super) async fn open(config: &ConfigOption, only: Option<&str>) -> Result<Self, UserError> {
        let config = load::configuration(config)?;
        let store = app::store_of(&config)?;
        let known = config.schedules.keys().map(String::as_str);
        let schedules: Vec<&str> = only.map_or_else(|| known.clone().collect(), |only| vec![only]);
        let mut entries = Vec::new();
        for schedule in schedules {
            let runs = store.archived_runs(schedule).await?;
            entries.extend(runs.into_iter().filter_map(|run| {
                let at = scheduled_time(schedule, &run)?;
                Some(Entry { schedule: schedule.to_owned(), run, at })
            }));
        }
        // The briefs of a schedule that the configuration does not have any more stay in the archive.
        if let Some(only) = only.filter(|only| entries.is_empty() && !config.schedules.contains_key(*only)) {
            let error = anyhow::anyhow!(
                "schedule `{}` is unknown: the configuration lacks it, and no brief of it is archived",
                visible(only)
            );
            let names = known.clone().collect::<Vec<_>>().join(", ");
            let hint = did_you_mean(only, known);
            return Err(UserError::usage(error).hint(hint.unwrap_or_else(|| format!("schedules: {names}"))));
        }
        entries.sort_by(|a, b| (b.at, &a.schedule).cmp(&(a.at, &b.schedule)));
        Ok(Self { store, entries, only: only.map(str::to_owned) })
    }

    /// The briefs for times after this one.
    pub(super) fn since(&self, since: Timestamp) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.at > since)
    }

    /// The briefs after one and before another, of the other's schedule, the oldest first.
    pub(super) fn between<'a>(
        &'a self,
        after: &'a Entry,
        before: &'a Entry,
    ) -> impl Iterator<Item = &'a Entry> {
        let is_between =
            |it: &&Entry| it.schedule == before.schedule && it.at > after.at && it.at < before.at;
        self.entries.iter().rev().filter(is_between)
    }

    /// Why a list of this time is empty.
    pub(super) fn nothing_since(&self, last: Span) -> String {
        match self.entries.first() {
            Some(newest) => {
                format!(
                    "the archive has no brief of the last {last}; the newest is {}, for {}",
                    newest.run, newest.at
                )
            }
            None => format!("{}; {}", self.empty(), self.how_to_fill()),
        }
    }

    fn empty(&self) -> String {
        let of = self.only.as_ref().map_or_else(String::new, |only| format!(" of `{only}`"));
        format!("no brief{of} is archived in `{}`", self.store.archive_place())
    }

    fn how_to_fill(&self) -> String {
        let schedule = self.only.as_deref().unwrap_or("hourly");
        format!(
            "a run of a schedule archives its brief: `trailbrief run --schedule {schedule}`; `[state] path` says where"
        )
    }

    /// The brief that is meant by an id, a time or `latest`.
    pub(super) fn find(&self, which: &str) -> Result<&Entry, UserError> {
        let Some(newest) = self.entries.first() else {
            return Err(UserError::usage(anyhow::anyhow!("{}", self.empty())).hint(self.how_to_fill()));
        };
        if which == LATEST {
            return Ok(newest);
        }
        if let Some(entry) = self.entries.iter().find(|entry| entry.run == which) {
            return Ok(entry);
        }
        let Ok(at) = which.parse::<Timestamp>() else {
            let error = anyhow::anyhow!(
                "no brief `{}` is archived in `{}`",
                visible(which),
                self.store.archive_place()
            );
            let near = did_you_mean(which, self.entries.iter().map(|entry| entry.run.as_str()));
            let newest = format!("the newest is {}; `trailbrief brief list` lists them", newest.run);
            return Err(UserError::usage(error).hint(near.unwrap_or(newest)));
        };
        match self.entries.iter().filter(|entry| entry.at == at).collect::<Vec<_>>().as_slice() {
            [] => {
                let error = anyhow::anyhow!("no brief is archived for {at}");
                Err(UserError::usage(error).hint(self.near(at, "")))
            }
            [entry] => Ok(entry),
            several => {
                let names: Vec<&str> = several.iter().map(|entry| entry.run.as_str()).collect();
                let error =
                    anyhow::anyhow!("{} briefs are archived for {at}: {}", names.len(), names.join(", "));
                Err(UserError::usage(error).hint("give the id of one, or its `--schedule`"))
            }
        }
    }

    /// The briefs next to a time, without the one of this id, as a hint.
    pub(super) fn near(&self, at: Timestamp, without: &str) -> String {
        let others = || self.entries.iter().filter(|entry| entry.run != without);
        let before = others().find(|entry| entry.at <= at).map(|entry| format!("{} before it", entry.run));
        let after = others().rev().find(|entry| entry.at > at).map(|entry| format!("{} after it", entry.run));
        let near: Vec<String> = before.into_iter().chain(after).collect();
        if near.is_empty() {
            "this is the only brief in the archive".to_owned()
        } else {
            format!("the archive has {}", near.join(" and "))
        }
    }

    /// Reads a brief.
    pub(super) async fn read(&self, entry: &Entry) -> Result<Brief, UserError> {
        self.try_read(entry).await?.map_err(|why| {
            let error = anyhow::anyhow!("the archived brief {} cannot be read: {why}", entry.run);
            UserError::failed(error).hint(format!(
                "`{}` may still open in a browser",
                self.store.archive_location(&entry.schedule, &entry.run)
            ))
        })
    }

    /// Reads a brief, or says why it is damaged. That the archive cannot be reached is an error of its own.
    async fn try_read(&self, entry: &Entry) -> Result<Result<Brief, String>, UserError> {
        let json = match self.store.archived_brief(&entry.schedule, &entry.run).await {
            Ok(Some(json)) => json,
            Ok(None) => return Ok(Err("it was removed meanwhile".to_owned())),
            Err(StoreError::Damaged { reason, .. }) => return Ok(Err(reason)),
            Err(error) => return Err(error.into()),
        };
        Ok(render::read(&json).map_err(|error| error.to_string()))
    }

    /// Reads briefs, in order, and keeps what `of` makes of each, or why it is damaged: a month of briefs would not fit in memory.
    pub(super) async fn read_all<T>(
        &self,
        entries: &[&Entry],
        mut of: impl FnMut(Brief) -> T,
    ) -> Result<Vec<Result<T, String>>, UserError> {
        let mut reading = stream::iter(entries.iter().map(|entry| self.try_read(entry))).buffered(AT_ONCE);
        let mut read = Vec::with_capacity(entries.len());
        while let Some(brief) = reading.try_next().await? {
            read.push(brief.map(&mut of));
        }
        Ok(read)
    }

    /// Reads briefs that must all be readable, in order.
    pub(super) async fn read_each(&self, entries: &[&Entry]) -> Result<Vec<Brief>, UserError> {
        stream::iter(entries.iter().map(|entry| self.read(entry))).buffered(AT_ONCE).try_collect().await
    }
}
