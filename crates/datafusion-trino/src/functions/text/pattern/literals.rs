//! Characters that stand for themselves.

use super::reader::{Read, Reader, unsupported};

/// Characters that are several letters in Unicode's full case folding: `ß` is `ss`, `ﬁ` is `fi`.
#[rustfmt::skip]
const SEVERAL: &[(char, char)] = &[
    ('ß', 'ß'), ('İ', 'İ'), ('ŉ', 'ŉ'), ('ǰ', 'ǰ'), ('\u{390}', '\u{390}'), ('\u{3b0}', '\u{3b0}'), ('և', 'և'),
    ('\u{1e96}', '\u{1e9a}'), ('ẞ', 'ẞ'), ('\u{1f50}', '\u{1f50}'), ('\u{1f52}', '\u{1f52}'),
    ('\u{1f54}', '\u{1f54}'), ('\u{1f56}', '\u{1f56}'), ('\u{1f80}', '\u{1faf}'), ('\u{1fb2}', '\u{1fb4}'),
    ('\u{1fb6}', '\u{1fb7}'), ('\u{1fbc}', '\u{1fbc}'), ('\u{1fc2}', '\u{1fc4}'), ('\u{1fc6}', '\u{1fc7}'),
    ('\u{1fcc}', '\u{1fcc}'), ('\u{1fd2}', '\u{1fd3}'), ('\u{1fd6}', '\u{1fd7}'), ('\u{1fe2}', '\u{1fe4}'),
    ('\u{1fe6}', '\u{1fe7}'), ('\u{1ff2}', '\u{1ff4}'), ('\u{1ff6}', '\u{1ff7}'), ('\u{1ffc}', '\u{1ffc}'),
    ('ﬀ', 'ﬆ'), ('ﬓ', 'ﬗ'),
];

impl Reader {
    /// Writes a character that stands for itself.
    pub(super) fn literal(&mut self, c: char) -> Read<()> {
        self.folded(c, c)?;
        if "\\.+*?()|[]{}^$".contains(c) {
            self.out.text.push('\\');
        }
        self.out.text.push(c);
        Ok(())
    }

    /// Refuses characters from `low` to `high` that are several letters without regard to case: no engine here
    /// matches these letters with them.
    pub(super) fn folded(&self, low: char, high: char) -> Read<()> {
        let meets = |(first, last): &(char, char)| low <= *last && *first <= high;
        match SEVERAL.iter().find(|range| self.flags.ignore_case && meets(range)) {
            Some((first, _)) => unsupported(format!("{} without regard to case", low.max(*first))),
            None => Ok(()),
        }
    }
}
