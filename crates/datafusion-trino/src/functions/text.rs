//! Text: searching, cutting, patterns, `LIKE`, `concat`.

mod case;
pub(super) mod characters;
mod concat;
mod format;
mod formatted;
pub(crate) mod like;
mod pad;
pub(super) mod pattern;
mod regexp;
mod replace;
mod soundex;
pub(super) mod split;
mod strpos;
mod substr;
mod trim;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &case::LOWER,
    &case::UPPER,
    &characters::CHR,
    &characters::CODEPOINT,
    &characters::HAMMING,
    &characters::LENGTH,
    &characters::LEVENSHTEIN,
    &characters::STARTS_WITH,
    &characters::TRANSLATE,
    &concat::CONCAT,
    &concat::CONCAT_WS,
    &like::LIKE,
    &pad::LPAD,
    &pad::RPAD,
    &regexp::REGEXP_COUNT,
    &regexp::REGEXP_EXTRACT,
    &regexp::REGEXP_EXTRACT_ALL,
    &regexp::REGEXP_LIKE,
    &regexp::REGEXP_POSITION,
    &regexp::REGEXP_REPLACE,
    &regexp::REGEXP_SPLIT,
    &replace::REPLACE,
    &split::SPLIT,
    &split::SPLIT_PART,
    &split::SPLIT_TO_MAP,
    &strpos::POSITION,
    &formatted::FORMAT,
    &formatted::FORMAT_NUMBER,
    &soundex::SOUNDEX,
    &strpos::STRPOS,
    &substr::SUBSTR,
    &substr::SUBSTRING,
    &trim::LTRIM,
    &trim::RTRIM,
    &trim::TRIM,
];
