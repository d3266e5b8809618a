//! Dates, timestamps, time zones and intervals.

mod date_format;
mod durations;
mod fields;
mod iso8601;
pub(super) mod moment;
pub(super) mod of_day;
mod parse_datetime;
mod pattern;
pub(super) mod units;
mod unixtime;
mod zones;

use super::adapter::Spec;

/// The functions of this family.
pub(super) const SPECS: &[&Spec] = &[
    &zones::AT_TIMEZONE,
    &zones::WITH_TIMEZONE,
    &fields::DAY,
    &fields::DAY_OF_MONTH,
    &fields::DAY_OF_WEEK,
    &fields::DAY_OF_YEAR,
    &fields::DOW,
    &fields::DOY,
    &fields::HOUR,
    &fields::MILLISECOND,
    &fields::MINUTE,
    &fields::MONTH,
    &fields::QUARTER,
    &fields::SECOND,
    &fields::TIMEZONE_HOUR,
    &fields::TIMEZONE_MINUTE,
    &fields::WEEK,
    &fields::WEEK_OF_YEAR,
    &fields::YEAR,
    &fields::YEAR_OF_WEEK,
    &fields::YOW,
    &date_format::DATE_FORMAT,
    &date_format::DATE_PARSE,
    &units::DATE_ADD,
    &units::DATE_DIFF,
    &units::DATE_TRUNC,
    &units::LAST_DAY_OF_MONTH,
    &durations::HUMAN_READABLE_SECONDS,
    &durations::PARSE_DURATION,
    &durations::TO_MILLISECONDS,
    &iso8601::FROM_ISO8601_DATE,
    &iso8601::FROM_ISO8601_TIMESTAMP,
    &iso8601::FROM_ISO8601_TIMESTAMP_NANOS,
    &iso8601::TO_ISO8601,
    &parse_datetime::FORMAT_DATETIME,
    &parse_datetime::PARSE_DATETIME,
    &unixtime::FROM_UNIXTIME,
    &unixtime::FROM_UNIXTIME_NANOS,
    &unixtime::TO_UNIXTIME,
];
