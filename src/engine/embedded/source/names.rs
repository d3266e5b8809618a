//! What a file's name shows about its content.

/// What a file's name shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// It can hold CloudTrail records.
    Log,
    /// Nothing: its first bytes decide.
    Unknown,
    /// It holds something else.
    Other,
}

/// Endings of files that hold something other than CloudTrail records in JSON.
const OTHERS: [&str; 37] = [
    "7z", "avro", "bmp", "bz2", "csv", "doc", "docx", "gif", "htm", "html", "ico", "jpeg", "jpg", "lock",
    "lz4", "md", "orc", "parquet", "pdf", "pem", "png", "py", "rst", "sh", "sig", "snappy", "sql", "svg",
    "toml", "tsv", "xls", "xlsx", "xml", "yaml", "yml", "zip", "zst",
];

/// What the name of the file at this path shows.
#[must_use]
pub fn kind(path: &str) -> FileKind {
    let Some(ending) = ending(path) else { return FileKind::Unknown };
    if ending == "gz" || ["json", "ndjson", "jsonl"].contains(&ending.as_str()) {
        FileKind::Log
    } else if OTHERS.contains(&ending.as_str()) {
        FileKind::Other
    } else {
        FileKind::Unknown
    }
}

/// How files with the ending of this one are called where they are counted; odd endings share a name.
#[must_use]
pub fn called(path: &str) -> String {
    match ending(path) {
        None => "files without an ending".to_owned(),
        Some(ending) if ending.len() <= 10 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("files ending in .{ending}")
        }
        Some(_) => "files with odd endings".to_owned(),
    }
}

/// The ending in lower case, without its dot.
fn ending(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_shows_what_a_file_is_or_leaves_it_open() {
        for (path, wanted, words) in [
            ("a/b.json.gz", FileKind::Log, "files ending in .gz"),
            ("B.NDJSON", FileKind::Log, "files ending in .ndjson"),
            ("x.d/stream-1-2026-03-10-12-00-00-beef", FileKind::Unknown, "files without an ending"),
            ("events.log", FileKind::Unknown, "files ending in .log"),
            ("x.json-2026/03", FileKind::Unknown, "files without an ending"),
            ("x.json-2026", FileKind::Unknown, "files with odd endings"),
            ("event_history.csv", FileKind::Other, "files ending in .csv"),
        ] {
            assert_eq!((kind(path), called(path).as_str()), (wanted, words), "{path}");
        }
    }
}
