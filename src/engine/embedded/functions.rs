//! Athena's functions for DataFusion: those it lacks, and those it has with another meaning.
//!
//! One file per function or tight family: a kernel on Rust values, then a thin wrapper over Arrow arrays. All are
//! immutable and strict about types. Nothing here reads SQL text, files or the clock.

mod adapter;
mod arithmetic;
mod array_join;
mod array_search;
mod arrays;
mod at_timezone;
mod binary;
mod bits;
mod case;
mod cast;
mod characters;
mod concat;
mod contains;
mod date_fields;
mod date_format;
mod date_units;
mod durations;
mod equality;
mod error;
mod get_field;
mod greatest;
mod hashes;
mod higher;
mod ip;
mod iso8601;
mod json_array;
mod json_extract;
mod json_parse;
mod json_path;
mod json_text;
mod lambda_parts;
pub(super) mod like;
mod lists;
mod maps;
mod math;
mod moment;
mod multimaps;
mod names;
mod numbers;
mod pad;
mod parse_datetime;
mod pattern;
mod percentile;
mod random;
mod regexp;
mod replace;
mod rounding;
mod row;
mod sequence;
mod split;
mod strpos;
mod subscript;
mod substr;
mod time_pattern;
mod trim;
pub(super) mod types;
mod unixtime;
mod url;

use std::sync::{Arc, LazyLock};

use datafusion::error::Result;
use datafusion::execution::FunctionRegistry;

pub(super) use cast::json::{Rows, write as write_json};
pub(super) use cast::target::parse as parse_type;
pub(super) use cast::text::{Floats, scalar_text};
pub use error::{ErrorClass, FunctionError};
pub(super) use get_field::get_field;
pub(super) use lists::comparable;

use adapter::Spec;
use names::{NOT_STRICT, OTHERS};

static SPECS: &[&Spec] = &[
    &arithmetic::ADD,
    &arithmetic::DAY_SECOND,
    &arithmetic::DIVIDE,
    &arithmetic::MODULUS,
    &arithmetic::MULTIPLY,
    &arithmetic::NEGATE,
    &arithmetic::SUBTRACT,
    &arithmetic::YEAR_MONTH,
    &array_join::ARRAY_JOIN,
    &array_search::ARRAYS_OVERLAP,
    &array_search::ARRAY_MAX,
    &array_search::ARRAY_MIN,
    &array_search::ARRAY_POSITION,
    &array_search::CARDINALITY,
    &array_search::CONTAINS_SEQUENCE,
    &array_search::ORDINALS,
    &arrays::ARRAY_DISTINCT,
    &arrays::ARRAY_EXCEPT,
    &arrays::ARRAY_INTERSECT,
    &arrays::ARRAY_REMOVE,
    &arrays::ARRAY_SORT,
    &arrays::ARRAY_UNION,
    &arrays::FLATTEN,
    &arrays::REPEAT,
    &arrays::REVERSE,
    &arrays::SLICE,
    &arrays::TRIM_ARRAY,
    &at_timezone::AT_TIMEZONE,
    &at_timezone::WITH_TIMEZONE,
    &binary::FROM_BASE64,
    &binary::FROM_BASE64URL,
    &binary::FROM_HEX,
    &binary::FROM_UTF8,
    &binary::TO_BASE64,
    &binary::TO_BASE64URL,
    &binary::TO_HEX,
    &binary::TO_UTF8,
    &bits::ARITHMETIC_SHIFT,
    &bits::BITWISE_AND,
    &bits::BITWISE_NOT,
    &bits::BITWISE_OR,
    &bits::BITWISE_XOR,
    &bits::BIT_COUNT,
    &bits::FROM_BASE,
    &bits::LEFT_SHIFT,
    &bits::RIGHT_SHIFT,
    &bits::TO_BASE,
    &case::LOWER,
    &case::UPPER,
    &cast::CAST,
    &cast::TRY_CAST,
    &characters::CHR,
    &characters::CODEPOINT,
    &characters::HAMMING,
    &characters::LENGTH,
    &characters::LEVENSHTEIN,
    &characters::STARTS_WITH,
    &characters::TRANSLATE,
    &concat::CONCAT,
    &concat::CONCAT_WS,
    &contains::CONTAINS,
    &date_fields::DAY,
    &date_fields::DAY_OF_MONTH,
    &date_fields::DAY_OF_WEEK,
    &date_fields::DAY_OF_YEAR,
    &date_fields::DOW,
    &date_fields::DOY,
    &date_fields::HOUR,
    &date_fields::MILLISECOND,
    &date_fields::MINUTE,
    &date_fields::MONTH,
    &date_fields::QUARTER,
    &date_fields::SECOND,
    &date_fields::TIMEZONE_HOUR,
    &date_fields::TIMEZONE_MINUTE,
    &date_fields::WEEK,
    &date_fields::WEEK_OF_YEAR,
    &date_fields::YEAR,
    &date_fields::YEAR_OF_WEEK,
    &date_fields::YOW,
    &date_format::DATE_FORMAT,
    &date_format::DATE_PARSE,
    &date_units::DATE_ADD,
    &date_units::DATE_DIFF,
    &date_units::DATE_TRUNC,
    &date_units::LAST_DAY_OF_MONTH,
    &durations::PARSE_DURATION,
    &durations::TO_MILLISECONDS,
    &equality::EQUAL,
    &equality::GREATER,
    &equality::GREATER_EQUAL,
    &equality::LESS,
    &equality::LESS_EQUAL,
    &equality::NOT_EQUAL,
    &greatest::GREATEST,
    &greatest::LEAST,
    &hashes::CRC32,
    &hashes::MD5,
    &hashes::SHA256,
    &hashes::SHA512,
    &iso8601::FROM_ISO8601_DATE,
    &iso8601::FROM_ISO8601_TIMESTAMP,
    &iso8601::FROM_ISO8601_TIMESTAMP_NANOS,
    &iso8601::TO_ISO8601,
    &json_array::JSON_ARRAY_CONTAINS,
    &json_array::JSON_ARRAY_GET,
    &json_array::JSON_ARRAY_LENGTH,
    &json_extract::JSON_EXTRACT,
    &json_extract::JSON_EXTRACT_SCALAR,
    &json_extract::JSON_SIZE,
    &json_parse::IS_JSON_SCALAR,
    &json_parse::JSON_FORMAT,
    &json_parse::JSON_PARSE,
    &like::LIKE,
    &maps::HISTOGRAM,
    &maps::MAP,
    &maps::MAP_CONCAT,
    &maps::MAP_ENTRIES,
    &maps::MAP_FROM_ENTRIES,
    &maps::MAP_KEYS,
    &maps::MAP_OF_PAIRS,
    &maps::MAP_VALUES,
    &math::E,
    &math::INFINITY,
    &math::IS_FINITE,
    &math::IS_INFINITE,
    &math::IS_NAN,
    &math::NAN,
    &math::SQRT,
    &math::CBRT,
    &math::EXP,
    &math::LN,
    &math::LOG2,
    &math::LOG10,
    &math::LOG,
    &math::DEGREES,
    &math::SIN,
    &math::COS,
    &math::TAN,
    &math::ASIN,
    &math::ACOS,
    &math::ATAN,
    &math::ATAN2,
    &math::SINH,
    &math::COSH,
    &math::TANH,
    &math::WIDTH_BUCKET,
    &multimaps::MAP_UNION,
    &multimaps::MULTIMAP_FROM_ENTRIES,
    &multimaps::MULTIMAP_OF_PAIRS,
    &multimaps::SPLIT_TO_MULTIMAP,
    &random::RAND,
    &random::RANDOM,
    &rounding::ABS,
    &rounding::CEIL,
    &rounding::FLOOR,
    &rounding::ROUND,
    &rounding::SIGN,
    &rounding::TRUNCATE,
    &row::ARRAY,
    &lambda_parts::ZIP,
    &lambda_parts::GROUPS,
    &lambda_parts::SUBSTITUTE,
    &pad::LPAD,
    &pad::RPAD,
    &parse_datetime::FORMAT_DATETIME,
    &parse_datetime::PARSE_DATETIME,
    &percentile::PERCENTILE,
    &regexp::REGEXP_COUNT,
    &regexp::REGEXP_EXTRACT,
    &regexp::REGEXP_EXTRACT_ALL,
    &regexp::REGEXP_LIKE,
    &regexp::REGEXP_POSITION,
    &regexp::REGEXP_REPLACE,
    &regexp::REGEXP_SPLIT,
    &replace::REPLACE,
    &row::ROW,
    &row::TYPEOF,
    &sequence::SEQUENCE,
    &split::SPLIT,
    &split::SPLIT_PART,
    &split::SPLIT_TO_MAP,
    &strpos::POSITION,
    &strpos::STRPOS,
    &subscript::ELEMENT_AT,
    &subscript::SUBSCRIPT,
    &substr::SUBSTR,
    &substr::SUBSTRING,
    &trim::LTRIM,
    &trim::RTRIM,
    &trim::TRIM,
    &unixtime::FROM_UNIXTIME,
    &unixtime::FROM_UNIXTIME_NANOS,
    &unixtime::TO_UNIXTIME,
    &url::URL_DECODE,
    &url::URL_ENCODE,
    &url::URL_EXTRACT_FRAGMENT,
    &url::URL_EXTRACT_HOST,
    &url::URL_EXTRACT_PARAMETER,
    &url::URL_EXTRACT_PATH,
    &url::URL_EXTRACT_PORT,
    &url::URL_EXTRACT_PROTOCOL,
    &url::URL_EXTRACT_QUERY,
];

/// Registers every Athena function this engine has, replacing DataFusion's where the meaning differs.
///
/// # Errors
/// If the registry refuses a function.
pub fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for function in SPECS.iter().flat_map(|spec| spec.functions()) {
        registry.register_udf(Arc::new(function))?;
    }
    registry.register_udf(get_field::function())?;
    for function in higher::functions() {
        registry.register_higher_order_function(Arc::new(function))?;
    }
    Ok(())
}

/// Whether a text is a literal of a type that has some; types that are not looked at here say yes.
pub(super) fn is_literal(name: &str, text: &str) -> bool {
    match name {
        "date" => cast::text::parse_date(text).is_ok(),
        "timestamp" => cast::text::parse_timestamp(text).is_ok(),
        "ipaddress" => ip::parse(text).is_some(),
        _ => true,
    }
}

/// Whether a function is NULL if an argument is, and has a `$try` form that is NULL where the plain one fails.
pub(super) fn has_try(name: &str) -> bool {
    SPECS.iter().any(|spec| spec.name == name) && !NOT_STRICT.contains(&name)
}

/// Names that SQL may call here, lower case and sorted.
pub fn known() -> &'static [&'static str] {
    static KNOWN: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let ours = SPECS.iter().map(|spec| spec.name).filter(|name| !name.starts_with('$'));
        let mut names: Vec<_> = ours.chain(OTHERS.iter().copied()).collect();
        names.sort_unstable();
        names.dedup();
        names
    });
    &KNOWN
}
