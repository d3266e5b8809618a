//! Archived briefs: JSON and HTML, compressed with gzip. Programs before this one archived them as they are.

use std::{
    collections::BTreeSet,
    io::{self, Read as _, Write as _},
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};

/// What compressed files begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The folder of a schedule's briefs in the store.
pub(super) fn folder(schedule: &str) -> String {
    format!("briefs/{schedule}")
}

/// The name of a run's brief in the store; `ending` is `json` or `html`.
pub(super) fn name(schedule: &str, run: &str, ending: &str) -> String {
    format!("{}/{run}.{ending}.gz", folder(schedule))
}

/// The runs whose briefs have these file names, each with the name of its JSON, the latest first.
pub(super) fn latest(files: impl Iterator<Item = String>) -> Vec<(String, String)> {
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
}
