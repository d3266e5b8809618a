//! Archived briefs: JSON and HTML, compressed with gzip. Programs before this one archived them as they are.

use std::{
    collections::BTreeSet,
    io::{self, Read as _, Write as _},
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

use super::{Store, error::StoreError};

/// What compressed files begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Briefs of a schedule that are archived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ArchivedBriefs {
    /// Their JSON.
    pub briefs: Vec<String>,
    /// How many more there are that were not read.
    pub left_out: u64,
    /// How many are damaged.
    pub damaged: u64,
}

impl Store {
    /// Keeps a brief as JSON and HTML, compressed.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub async fn archive(&self, schedule: &str, run: &str, json: &str, html: &str) -> Result<(), StoreError> {
        for (ending, text) in [("json", json), ("html", html)] {
            self.backend.put(&name(schedule, run, ending), compressed(text)).await?;
        }
        Ok(())
    }

    /// The newest archived briefs of the runs whose names lie between these two, the newest first; at most so many. What is
    /// damaged is counted.
    ///
    /// # Errors
    ///
    /// If they cannot be listed or read.
    pub async fn archived(
        &self,
        schedule: &str,
        (after, before): (&str, &str),
        most: usize,
    ) -> Result<ArchivedBriefs, StoreError> {
        let files = self.backend.list(&folder(schedule)).await?;
        let mut archived = ArchivedBriefs::default();
        for (run, file) in latest(files.into_iter()) {
            if run.as_str() >= before || run.as_str() <= after {
                continue;
            }
            if archived.briefs.len() == most {
                archived.left_out += 1;
                continue;
            }
            let bytes = self.backend.get(&format!("{}/{file}", folder(schedule))).await?;
            match bytes.map(|bytes| text(&bytes)) {
                Some(Ok(text)) => archived.briefs.push(text),
                Some(Err(_)) => archived.damaged += 1,
                None => {}
            }
        }
        Ok(archived)
    }

    /// The runs of a schedule whose briefs are archived, the latest first.
    ///
    /// # Errors
    ///
    /// If they cannot be listed.
    pub async fn archived_runs(&self, schedule: &str) -> Result<Vec<String>, StoreError> {
        let files = self.backend.list(&folder(schedule)).await?;
        Ok(latest(files.into_iter()).into_iter().map(|(run, _)| run).collect())
    }

    /// The JSON of a run's archived brief; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is damaged.
    pub async fn archived_brief(&self, schedule: &str, run: &str) -> Result<Option<String>, StoreError> {
        for name in names(schedule, run) {
            if let Some(bytes) = self.backend.get(&name).await? {
                let damaged = |error: std::io::Error| StoreError::Damaged {
                    location: self.backend.location(&name),
                    reason: error.to_string(),
                };
                return text(&bytes).map(Some).map_err(damaged);
            }
        }
        Ok(None)
    }

    /// The address of the archive, for people.
    #[must_use]
    pub fn archive_place(&self) -> String {
        self.backend.location(FOLDER)
    }

    /// The address of an archived brief, for people.
    #[must_use]
    pub fn archive_location(&self, schedule: &str, run: &str) -> String {
        self.backend.location(&name(schedule, run, "html"))
    }
}

/// The folder of all briefs in the store.
const FOLDER: &str = "briefs";

/// The folder of a schedule's briefs in the store.
pub(super) fn folder(schedule: &str) -> String {
    format!("{FOLDER}/{schedule}")
}

/// The name of a run's brief in the store; `ending` is `json` or `html`.
fn name(schedule: &str, run: &str, ending: &str) -> String {
    format!("{}/{run}.{ending}.gz", folder(schedule))
}

/// The names that the JSON of a run's brief may have, the usual one first.
fn names(schedule: &str, run: &str) -> [String; 2] {
    [name(schedule, run, "json"), format!("{}/{run}.json", folder(schedule))]
}

/// The runs whose briefs have these file names, each with the name of its JSON, the latest first.
fn latest(files: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let run = |file: &String| {
        let run = file.strip_suffix(".gz").unwrap_or(file).strip_suffix(".json")?;
        (!run.starts_with('.')).then(|| (run.to_owned(), file.clone()))
    };
    let runs: BTreeSet<(String, String)> = files.filter_map(|file| run(&file)).collect();
    runs.into_iter().rev().collect()
}

/// A text as it is archived.
pub(super) fn compressed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

/// The text of an archived file, compressed or not.
///
/// # Errors
///
/// If it is damaged.
pub(super) fn text(bytes: &[u8]) -> io::Result<String> {
    let mut text = String::new();
    if bytes.starts_with(&GZIP) {
        MultiGzDecoder::new(bytes).read_to_string(&mut text)?;
    } else {
        let mut bytes = bytes;
        bytes.read_to_string(&mut text)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_is_read_compressed_or_not() {
        let brief = "{\"schema_version\":1}".repeat(100);
        let kept = compressed(&brief);
        assert!(kept.len() < brief.len() / 10, "{}", kept.len());
        assert_eq!(text(&kept).unwrap(), brief);
        assert_eq!(text(brief.as_bytes()).unwrap(), brief);
        assert!(text(&kept[..kept.len() / 2]).is_err());
    }

    #[test]
    fn the_latest_brief_comes_first_and_what_is_none_is_left_out() {
        let files = ["a-1.json", "a-2.json.gz", "a-2.html.gz", "a-2-1.json.gz", ".tmp-a-3.json", "notes.txt"];
        let found = latest(files.iter().map(|file| (*file).to_owned()));
        let names: Vec<&str> = found.iter().map(|(_, file)| file.as_str()).collect();
        assert_eq!(names, ["a-2-1.json.gz", "a-2.json.gz", "a-1.json"]);
        assert_eq!(found[2].0, "a-1");
    }

    #[tokio::test]
    async fn a_brief_is_found_by_its_run_compressed_or_as_earlier_programs_kept_it() {
        let store = Store::memory();
        store.archive("hourly", "hourly-2", "{\"n\":2}", "<p>").await.unwrap();
        store.backend.put("briefs/hourly/hourly-1.json", b"{\"n\":1}".to_vec()).await.unwrap();
        store.backend.put("briefs/hourly/hourly-0.json.gz", vec![0x1f, 0x8b, 0]).await.unwrap();
        assert_eq!(store.archived_runs("hourly").await.unwrap(), ["hourly-2", "hourly-1", "hourly-0"]);
        for (run, json) in
            [("hourly-2", Some("{\"n\":2}")), ("hourly-1", Some("{\"n\":1}")), ("hourly-3", None)]
        {
            assert_eq!(store.archived_brief("hourly", run).await.unwrap().as_deref(), json, "{run}");
        }
        let damaged = store.archived_brief("hourly", "hourly-0").await.unwrap_err();
        assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged}");
        assert!(store.archived_runs("daily").await.unwrap().is_empty());
    }
}
