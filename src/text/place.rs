//! Lines and columns: from byte offsets in TOML text to places in the file a person edits.

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

impl Place {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// Where each line of a TOML text stands in its file.
#[derive(Clone, Debug)]
pub(crate) struct LineMap {
    text: String,
    /// The byte with which each line of the text begins.
    starts: Vec<usize>,
    first_line: usize,
    /// Characters that stand before the TOML on each line; lines past the end have none.
    shifts: Vec<usize>,
}

impl LineMap {
    /// The map of a text that is the whole file.
    pub(crate) fn of_file(text: &str) -> Self {
        Self::of_part(text.to_owned(), 1, Vec::new())
    }

    /// The map of a text whose first line is `first_line` of the file, and whose lines were cut by `shifts`.
    pub(crate) fn of_part(text: String, first_line: usize, shifts: Vec<usize>) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, first_line, shifts }
    }

    /// The text itself.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the file of a byte of the text; past the end counts as the end.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let before = &self.text[self.starts[line]..offset];
        let shift = self.shifts.get(line).copied().unwrap_or(0);
        Place { line: self.first_line + line, column: before.chars().count() + shift + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_shifts() {
        let map = LineMap::of_part("a = 1\nü = 2\n".to_owned(), 5, vec![3, 3]);
        assert_eq!(map.place(0), Place { line: 5, column: 4 });
        assert_eq!(map.place(8), Place { line: 6, column: 5 });
        assert_eq!(map.place(7), Place { line: 6, column: 4 });
        assert_eq!(map.place(999), Place { line: 7, column: 1 });
    }
}
