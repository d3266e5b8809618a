//! What is asked if there are too many candidates: first the shared statements over halves of their time, then statements of
//! their own for as many detections as the price allows. All of it is priced before anything is started.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Seek as _, SeekFrom, Write as _},
};

use tempfile::TempDir;

use super::{
    Athena,
    estimate::{Estimate, EstimateError, Sample},
    planned_statement::PlannedStatement,
    route::Routes,
};
use crate::{domain::time::Window, engine::NoAnswer};

/// How often the time of a shared statement is halved at most.
pub(super) const MOST_LEVELS: usize = 2;

/// All statements together may return as many candidates as this many statements: the parts of a halved time.
pub(super) const MOST_FULL_STATEMENTS: u64 = 1 << MOST_LEVELS;

/// What may be asked if there are too many candidates.
#[derive(Clone, Debug, Default)]
pub struct FallBack {
    /// How often the time of a shared statement may be halved.
    pub levels: usize,
    /// Questions that may not have statements of their own, with the reason.
    pub refused: BTreeMap<usize, NoAnswer>,
}

/// A statement with the same over both halves of its time, if that can be halved.
pub(super) fn halved(
    window: Option<Window>,
    levels: usize,
    statement: &impl Fn(Option<Window>) -> PlannedStatement,
    within: Option<Window>,
) -> PlannedStatement {
    let halves = window.filter(|_| levels > 0).and_then(Window::halves);
    let of_half = |half: Window| halved(Some(half), levels - 1, statement, Some(half));
    PlannedStatement { halves: halves.into_iter().flatten().map(of_half).collect(), ..statement(within) }
}

impl Routes {
    /// Decides what may be asked if there are too many candidates: within the limits of bytes, and for no more than
    /// `flood_factor` times the price of the shared statements. `first` are the questions whose statements of their own come
    /// first.
    pub fn limit_fall_back(
        &mut self,
        athena: &Athena,
        sample: Result<Sample, &EstimateError>,
        (first, spent_bytes): (&[usize], u64),
    ) {
        let sample = match sample {
            Ok(sample) => sample,
            Err(error) => return self.refuse(&format!("what they would cost is not known: {error}")),
        };
        let shared = athena.estimate(&self.shared, sample);
        let factor = athena.settings.flood_factor;
        let limit_usd = shared.price.total_usd() * factor as f64;
        let fits = |extra: &Estimate| {
            // Sums of the same numbers in another order may differ.
            let is_cheap = extra.price.total_usd() <= limit_usd * (1.0 + 1e-9);
            is_cheap && shared.plus(extra).within(athena, spent_bytes).is_ok()
        };
        let mut extra = Estimate::default();
        self.fall_back = FallBack::default();
        for level in 1..=MOST_LEVELS {
            let with = extra.plus(&athena.estimate(at_level(&self.shared, level), sample));
            if !fits(&with) {
                break;
            }
            (extra, self.fall_back.levels) = (with, level);
        }
        let reason = match shared.plus(&athena.estimate(self.all_own(), sample)).within(athena, spent_bytes) {
            Err(error) => format!("with one for each detection {error}"),
            Ok(()) => format!(
                "what is asked in addition may cost {factor} times as much as the shared statements, ${limit_usd:.4} \
                 (`flood_factor` in `[athena]`)"
            ),
        };
        for number in first {
            let with = extra.plus(&athena.estimate(self.own_statements(*number), sample));
            if fits(&with) {
                extra = with;
            } else {
                self.fall_back.refused.insert(*number, not_run(&reason));
            }
        }
    }

    /// Refuses every statement in addition.
    fn refuse(&mut self, reason: &str) {
        let no_answer = not_run(reason);
        let refused = self.shared_questions().map(|number| (number, no_answer.clone())).collect();
        self.fall_back = FallBack { levels: 0, refused };
    }
}

/// The parts of statements after halving them this often.
fn at_level(statements: &[PlannedStatement], level: usize) -> Vec<&PlannedStatement> {
    let mut found: Vec<&PlannedStatement> = statements.iter().collect();
    for _ in 0..level {
        found = found.into_iter().flat_map(|statement| &statement.halves).collect();
    }
    found
}

fn not_run(reason: &str) -> NoAnswer {
    NoAnswer {
        reason: format!("a statement of its own was not run: {reason}"),
        hint: Some(
            "find out which detection selects so many, and narrow it; or raise `candidates` or `flood_factor` in `[athena]`"
                .to_owned(),
        ),
    }
}

/// The candidates in a file, one a line.
pub(super) struct CandidateFile {
    /// The folder that holds it alone.
    pub(super) folder: TempDir,
    out: BufWriter<File>,
    length: Length,
}

/// How much of a file is written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Length {
    /// Lines.
    pub(super) lines: u64,
    bytes: u64,
}

impl CandidateFile {
    pub(super) fn new() -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let out = BufWriter::new(File::create(folder.path().join("candidates.jsonl"))?);
        Ok(Self { folder, out, length: Length::default() })
    }

    pub(super) const fn length(&self) -> Length {
        self.length
    }

    /// Appends a candidate.
    pub(super) fn add(&mut self, record: &[u8]) -> io::Result<()> {
        self.out.write_all(record)?;
        self.out.write_all(b"\n")?;
        self.length.lines += 1;
        self.length.bytes += record.len() as u64 + 1;
        Ok(())
    }

    /// Removes what was appended since it had this length.
    pub(super) fn cut(&mut self, length: Length) -> io::Result<()> {
        self.out.flush()?;
        self.out.get_mut().set_len(length.bytes)?;
        self.out.seek(SeekFrom::Start(length.bytes))?;
        self.length = length;
        Ok(())
    }

    /// Completes the file, and gives its folder.
    pub(super) fn close(mut self) -> io::Result<TempDir> {
        self.out.flush()?;
        Ok(self.folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Sql;

    #[test]
    fn a_file_is_cut_to_what_it_held_before() {
        let mut file = CandidateFile::new().unwrap();
        file.add(b"one").unwrap();
        let before = file.length();
        file.add(b"two").unwrap();
        file.cut(before).unwrap();
        file.add(b"three").unwrap();
        assert_eq!(file.length().lines, 2);
        let folder = file.close().unwrap();
        let text = std::fs::read_to_string(folder.path().join("candidates.jsonl")).unwrap();
        assert_eq!(text, "one\nthree\n");
    }

    #[test]
    fn halves_hold_every_second_once() {
        let window = Window::new("2026-03-10".parse().unwrap(), "2026-03-11".parse().unwrap()).unwrap();
        let statement = |within: Option<Window>| PlannedStatement {
            sql: Sql::of_own(within.map_or_else(String::new, |within| within.to_string())),
            partitions: 1,
            batch: None,
            time: None,
            halves: Vec::new(),
        };
        let whole = [halved(Some(window), MOST_LEVELS, &statement, None)];
        assert_eq!(whole[0].sql.text(), "");
        let quarters: Vec<&str> = at_level(&whole, 2).iter().map(|part| part.sql.text()).collect();
        let day = |hour| format!("2026-03-10T{hour}:00:00Z");
        let ends = [day("00"), day("06"), day("12"), day("18"), "2026-03-11T00:00:00Z".to_owned()];
        let expected: Vec<String> =
            ends.windows(2).map(|pair| format!("{} … {}", pair[0], pair[1])).collect();
        assert_eq!(quarters, expected);
        let second = Window::new(window.start(), "2026-03-10T00:00:01Z".parse().unwrap()).unwrap();
        assert!(halved(Some(second), 1, &statement, None).halves.is_empty());
    }
}
