//! The baseline of habits beside the state: a run leaves what it learned, and its commit adds that to what is known.

use super::{Store, StoreError, habits, versioned::Unreadable};
use crate::domain::{habits::Habits, time::Timestamp};

impl Store {
    /// The habits that committed runs have learned; `None` if there are none.
    ///
    /// # Errors
    ///
    /// If they cannot be read, are damaged, or were written by a newer program.
    pub async fn habits(&self) -> Result<Option<Habits>, StoreError> {
        let known = self.backend.get(habits::NAME).await?.as_deref().map(habits::read).transpose();
        known.map_err(|error| error.at(self.backend.location(habits::NAME)))
    }

    /// How many bytes the habits take; `None` if there are none.
    ///
    /// # Errors
    ///
    /// If they cannot be read.
    pub async fn habits_bytes(&self) -> Result<Option<u64>, StoreError> {
        Ok(self.backend.get(habits::NAME).await?.map(|bytes| bytes.len() as u64))
    }

    /// Where the habits are, for people.
    #[must_use]
    pub fn habits_location(&self) -> String {
        self.backend.location(habits::NAME)
    }

    /// Keeps what a run has learned until it is committed.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn keep_learned(&self, schedule: &str, run: &str, learned: &Habits) -> Result<(), StoreError> {
        self.backend.put(&habits::name(schedule, run), habits::write(learned)).await
    }

    /// Adds what a committed run has learned to what is known, and what earlier runs left: the time that these searched was
    /// searched by this one or one before it. Returns a note if the known habits were damaged and are learned anew.
    ///
    /// # Errors
    ///
    /// If anything cannot be read or written, or a newer program wrote it. Nothing is lost then.
    pub async fn learn(
        &self,
        schedule: &str,
        run: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let files = self.backend.list(&habits::folder(schedule)).await?;
        let mut names = Vec::new();
        let mut learned = Vec::new();
        for of_run in files.iter().filter_map(|file| habits::run(file)).filter(|it| *it <= run) {
            let name = habits::name(schedule, of_run);
            match self.backend.get(&name).await?.as_deref().map(habits::read) {
                Some(Err(error @ Unreadable::Newer(_))) => return Err(error.at(self.backend.location(&name))),
                Some(Ok(habits)) => learned.push(habits),
                Some(Err(Unreadable::Damaged(_))) | None => {}
            }
            names.push(name);
        }
        let note = self.add_habits(learned, now).await?;
        for name in names {
            self.backend.remove(&name).await?;
        }
        Ok(note)
    }

    /// Adds habits to what is known, as one step. Returns a note if that was damaged.
    ///
    /// # Errors
    ///
    /// If they cannot be read or written, or a newer program wrote them.
    pub async fn add_habits(
        &self,
        learned: Vec<Habits>,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        if learned.is_empty() {
            return Ok(None);
        }
        let note = match self.habits().await {
            Err(StoreError::Damaged { reason, .. }) => Some(self.set_habits_aside(&reason, now).await?),
            Err(error) => return Err(error),
            Ok(_) => None,
        };
        let location = self.backend.location(habits::NAME);
        let with = |found: Option<&[u8]>| {
            let known = habits::known(found, note.is_some());
            let mut known = known.map_err(|error| error.at(location.clone()))?;
            learned.iter().for_each(|learned| known.learn(learned.clone()));
            known.prune();
            Ok(habits::write(&known))
        };
        self.backend.change(habits::NAME, &with).await?;
        Ok(note)
    }

    /// Keeps damaged habits under another name.
    async fn set_habits_aside(&self, reason: &str, now: Timestamp) -> Result<String, StoreError> {
        let aside = habits::damaged_name(now);
        if let Some(bytes) = self.backend.get(habits::NAME).await? {
            self.backend.put(&aside, bytes).await?;
        }
        Ok(format!(
            "the baseline of habits was damaged ({reason}) and is kept as {}; it is learned anew, or rebuilt by \
             `trailbrief baseline build`",
            self.backend.location(&aside)
        ))
    }
}
