//! Reading through Athena: its statements bring the candidates, the embedded engine answers over them.

use std::sync::Arc;

use super::{Desk, Read, RunError, Scan};
use crate::{
    domain::brief::Coverage,
    engine::{
        NoAnswer,
        athena::{Athena, GatherError, Halt, Invocation, Ledger, candidates::is_selective},
        embedded::{
            pack::Pack,
            scan::Progress,
            source::{Source, walk::walk},
        },
    },
};

pub(super) async fn read<L: Ledger>(
    desk: &Desk,
    athena: &Athena,
    invocation: &mut Invocation<'_, L>,
    mut pack: Pack,
    progress: &Arc<Progress>,
) -> Result<Read, RunError> {
    pack.give_up(|needs| {
        (!is_selective(needs)).then(|| NoAnswer {
            reason: "its SQL needs every event of the window, which would be brought here one by one"
                .to_owned(),
            hint: Some(
                "narrow its WHERE, such as to some event names; or run it over log files with `--logs`"
                    .to_owned(),
            ),
        })
    });
    let needs: Vec<_> = pack.needs().flatten().cloned().collect();
    let gathered = match pack.reach() {
        Some(window) => athena.gather(invocation, window, &needs.iter().collect::<Vec<_>>()).await.map(Some),
        None => Ok(None),
    };
    let mut scan = Scan { engine: "athena", bytes: 0, cost_usd: 0.0, notes: Vec::new() };
    let gathered = match gathered {
        Ok(gathered) => gathered,
        Err(GatherError::Halted(Halt::Refused(error))) => return Err(error.into()),
        Err(GatherError::Halted(Halt::Unnoted(error))) => return Err(error.into()),
        Err(GatherError::Halted(Halt::Unfinished(statements))) => {
            return Err(RunError::Unfinished { statements });
        }
        Err(GatherError::Unanswered(no_answer)) => {
            pack.give_up(|_| Some(no_answer.clone()));
            None
        }
    };
    let (source, files) = match &gathered {
        Some(gathered) => {
            scan.bytes = gathered.executed.iter().map(|executed| executed.scanned_bytes).sum();
            scan.cost_usd = gathered.executed.iter().map(|executed| executed.cost_usd).sum();
            scan.notes.push(format!(
                "Athena was asked {} statement{} over {} partitions",
                gathered.statements,
                if gathered.statements == 1 { "" } else { "s" },
                gathered.partitions
            ));
            let source = Source::open(&gathered.folder.path().to_string_lossy())?;
            let files = walk(&source, None)?.files;
            (source, files)
        }
        None => (Source::Memory(std::iter::empty::<(String, Vec<u8>)>().collect()), Vec::new()),
    };
    let (answers, mut stats) = pack.answer(&source, files, &desk.limits, progress).await?;
    // The file of candidates is ours; it is not among the logs.
    stats.files = 0;
    let problems = std::mem::take(&mut stats.problems);
    let coverage = Coverage { events_without_time: stats.without_time, ..Coverage::default() };
    Ok(Read { answers, stats, coverage, problems, scan })
}
