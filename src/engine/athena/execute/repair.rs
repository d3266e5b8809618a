//! When Athena cannot read an object, the statement fails for everybody: it is replaced by statements over everything else.
//!
//! If Athena names the object, its partition is taken apart from the others, and read once more without the object; else the
//! partitions are halved until the one is found. A failed statement costs nothing, and the parts scan together what the whole
//! would have scanned.

use super::{
    super::{batches::Batch, parts::Projected, unreadable::Unreadable},
    Ledger, NoAnswer, PackExecution, Purpose, Runner,
};

/// Statements that a pack may have in place of those that failed.
const REPAIRS: usize = 40;

/// Files of one partition that may be left out.
const FILES: usize = 5;

impl PackExecution<'_> {
    /// Replaces a statement that failed because of an object that Athena cannot read, and returns by how many statements;
    /// `None` if it failed for another reason or cannot be split. What is not searched by any statement is noted.
    pub(super) fn repair<L: Ledger>(
        &mut self,
        runner: &mut Runner<'_, '_, L>,
        number: usize,
        no_answer: &NoAnswer,
    ) -> Option<usize> {
        let planned = self.planned[number].clone();
        let batch = planned.batch.as_ref()?;
        let unreadable = Unreadable::of(&no_answer.reason, &self.athena.table.location)?;
        let all = self.athena.projected();
        let mut parts = parts(batch, &unreadable, &all);
        if parts.len() > REPAIRS - self.repairs {
            parts.clear();
        }
        match &unreadable.path {
            _ if parts.is_empty() => self.leave_out(batch, &unreadable, &all),
            Some(path) => self.unread.file(path, &unreadable),
            None => {}
        }
        let purpose = self.purposes[number];
        if purpose == Purpose::Shared {
            self.shared_failure = Some(no_answer.clone());
        }
        self.repairs += parts.len();
        let count = parts.len();
        let level = self.levels.get(&number).copied().unwrap_or(0);
        for part in parts {
            let part = planned.over(&part);
            match purpose {
                Purpose::Shared => self.add_shared(runner, &part, level),
                Purpose::Own(_) | Purpose::Probe(_) | Purpose::Second(_) => self.add(runner, &part, purpose),
            }
        }
        Some(count)
    }

    fn leave_out(&mut self, batch: &Batch, unreadable: &Unreadable, all: &Projected) {
        let table = &self.athena.table;
        match batch.only(all) {
            Some(partition) => {
                let template = table.parameters.get("storage.location.template").unwrap_or(&table.location);
                let folder = template
                    .replace("${account}", &partition.account)
                    .replace("${region}", &partition.region)
                    .replace("${timestamp}", &partition.day.path());
                self.unread.folder(folder, partition, unreadable);
            }
            None => {
                let days = (batch.first.path(), batch.last.path());
                let words = format!("{} folders of the days {} to {}", batch.partitions, days.0, days.1);
                self.unread.folders(table.location.clone(), batch.partitions, &words, unreadable);
            }
        }
    }
}

/// The parts of a batch over which statements may succeed; empty if nothing more can be left out.
fn parts(batch: &Batch, unreadable: &Unreadable, all: &Projected) -> Vec<Batch> {
    let partition = unreadable.partition().filter(|partition| batch.holds(partition, all));
    match (partition, &unreadable.path) {
        (Some(partition), Some(path)) if !batch.without.contains(path) && batch.without.len() < FILES => {
            let mut parts = batch.around(&partition, all);
            if let Some(one) = parts.first_mut() {
                one.without.push(path.clone());
            }
            parts
        }
        _ => batch.halves(all),
    }
}
