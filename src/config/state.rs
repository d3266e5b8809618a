//! `[state]`: where the states of schedules are kept.

use std::path::Path;

use super::{Sourced, StateLocation, sourced};
use crate::text::{At, Lint, TomlTable};

/// Reads the table; `None` gives the directory `.trailbrief` beside the configuration.
pub(super) fn read(table: Option<TomlTable<'_>>, base: &Path) -> Sourced<StateLocation> {
    let default = || Sourced::default(StateLocation::Directory(base.join(".trailbrief")));
    let Some(table) = table else { return default() };
    let path = table.take("path").and_then(|item| item.text());
    let report = table.report();
    table.finish();
    let Some(path) = path else { return default() };
    match location(&path.value, base) {
        Ok(value) => sourced(At { value, place: path.place }),
        Err(reason) => {
            let message = format!("`{}` cannot be used as `state.path`: {reason}", path.value);
            let hint = Some("give a directory, or `s3://bucket/prefix`".to_owned());
            report.error_with(Lint::BadValue, path.place, message, hint);
            default()
        }
    }
}

fn location(text: &str, base: &Path) -> Result<StateLocation, &'static str> {
    let Some((scheme, rest)) = text.split_once("://") else {
        return match text {
            "" => Err("it is empty"),
            directory => Ok(StateLocation::Directory(base.join(directory))),
        };
    };
    if scheme != "s3" {
        return Err("it is neither a directory nor an address in S3");
    }
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(allowed) {
        return Err("a bucket's name has 3 to 63 lower-case letters, digits, hyphens and dots");
    }
    let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
    // Stores differ in what they make of such keys; some cannot reach them again.
    let odd = |part: &str| matches!(part, "" | "." | "..") || part.chars().any(char::is_control);
    if !prefix.is_empty() && prefix.split('/').any(odd) {
        return Err("a part of its prefix is empty, `.` or `..`, or has control characters");
    }
    Ok(StateLocation::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_directory_or_in_s3() {
        let s3 = |bucket: &str, prefix: &str| {
            Ok(StateLocation::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
        };
        let base = Path::new("/etc");
        assert_eq!(location("kept", base), Ok(StateLocation::Directory("/etc/kept".into())));
        assert_eq!(location("s3://my.bucket-1", base), s3("my.bucket-1", ""));
        assert_eq!(location("s3://bucket/", base), s3("bucket", ""));
        assert_eq!(location("s3://bucket/a/b c/", base), s3("bucket", "a/b c"));
        for refused in
            ["", "gs://bucket/a", "s3://", "s3:///a", "s3://Bucket", "s3://bucket//a", "s3://bucket/a/../b"]
        {
            assert!(location(refused, base).is_err(), "{refused}");
        }
        for shown in ["s3://bucket", "s3://bucket/a/b"] {
            assert_eq!(location(shown, base).unwrap().to_string(), shown);
        }
    }
}
