//! The header of a detection: finding it between its fences and taking the comment marks away.

use crate::text::{LineMap, Place};

const FENCE: &str = "-- ---";

/// A detection's file in its two parts.
#[derive(Debug)]
pub(crate) struct Parts {
    /// The header's TOML, with the places of its lines.
    pub(crate) header: LineMap,
    /// How many lines stand between the fences.
    pub(crate) header_lines: usize,
    /// The file's SQL, with an empty comment in place of each line of the header and its fences.
    pub(crate) sql: String,
    /// Where the body begins.
    pub(crate) body: Place,
}

/// Why a file has no readable header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadHeader {
    pub(crate) place: Place,
    pub(crate) message: &'static str,
    pub(crate) hint: &'static str,
}

/// Splits a file into header and SQL.
pub(crate) fn split(text: &str) -> Result<Parts, BadHeader> {
    let mut lines = text.split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some(FENCE) {
        return Err(BadHeader {
            place: Place::START,
            message: "the file does not begin with a header",
            hint: "begin with a line `-- ---`, then the header's TOML in lines that begin with `-- `, then `-- ---`",
        });
    }
    let (mut toml, mut shifts, mut sql) = (String::new(), Vec::new(), String::from("--\n"));
    for (index, line) in lines.by_ref().enumerate() {
        let line = line.trim_end_matches(['\n', '\r']);
        if line.trim_end() == FENCE {
            sql.push_str("--\n");
            let header_lines = shifts.len();
            sql.extend(lines);
            let body = first_statement(&sql);
            return Ok(Parts { header: LineMap::of_part(toml, 2, shifts), header_lines, sql, body });
        }
        let (content, shift) = match line.strip_prefix("-- ") {
            Some(content) => (content, 3),
            None if line.trim_end() == "--" => ("", 2),
            None => {
                return Err(BadHeader {
                    place: Place { line: index + 2, column: 1 },
                    message: "a line of the header does not begin with `-- `",
                    hint: "every line of the header begins with `-- `; a line `-- ---` ends it",
                });
            }
        };
        toml.push_str(content);
        toml.push('\n');
        shifts.push(shift);
        sql.push_str("--\n");
    }
    Err(BadHeader {
        place: Place::START,
        message: "the header is never closed",
        hint: "end it with a line `-- ---`",
    })
}

/// Where the first text stands that is neither space nor a comment; the last line if there is none.
pub(crate) fn first_statement(sql: &str) -> Place {
    for (index, line) in sql.lines().enumerate() {
        let text = line.trim_start();
        if !text.is_empty() && !text.starts_with("--") {
            let indent = line.chars().count() - text.chars().count();
            return Place { line: index + 1, column: indent + 1 };
        }
    }
    Place { line: sql.lines().count().max(1), column: 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_numbers() {
        let parts = split("-- ---\r\n-- id = \"a.b\"\r\n--\n-- ---\nSELECT 1\n").unwrap();
        assert_eq!(parts.header.text(), "id = \"a.b\"\n\n");
        assert_eq!(parts.sql, "--\n--\n--\n--\nSELECT 1\n");
        assert_eq!(parts.body, Place { line: 5, column: 1 });
        assert_eq!(parts.header.place(0), Place { line: 2, column: 4 });
    }

    #[test]
    fn a_header_must_be_whole() {
        assert_eq!(split("SELECT 1").unwrap_err().place, Place::START);
        assert_eq!(split("-- ---\n-- a = 1\n").unwrap_err().message, "the header is never closed");
        assert_eq!(split("-- ---\na = 1\n-- ---\n").unwrap_err().place.line, 2);
        assert!(split("").is_err());
    }
}
