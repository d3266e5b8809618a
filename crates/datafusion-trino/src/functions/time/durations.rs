//! `parse_duration`, `to_milliseconds`, `human_readable_seconds`: lengths of time.

use datafusion::arrow::array::ArrayRef;
use datafusion::error::Result;

use crate::functions::adapter::{Call, KernelResult, Overload, Param, Spec, given, int, text};
use crate::functions::error::FunctionError;
use crate::functions::types;

pub(super) const PARSE_DURATION: Spec = Spec {
    name: "parse_duration",
    overloads: &[Overload::new(&[Param::Text], |_| Ok(types::DAY_SECOND), parse)],
};
pub(super) const TO_MILLISECONDS: Spec =
    Spec { name: "to_milliseconds", overloads: &[Overload::new(&[Param::DaySecond], int, to_milliseconds)] };

pub(super) const HUMAN_READABLE_SECONDS: Spec = Spec {
    name: "human_readable_seconds",
    overloads: &[Overload::new(&[Param::Number], text, human_readable)],
};

/// The units that seconds are counted in.
const UNITS: [(i64, &str); 5] =
    [(604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];

fn human_readable(call: &Call) -> Result<ArrayRef> {
    let seconds = call.double(0)?;
    call.texts(|row| {
        let seconds = given!(seconds.at(row));
        if !seconds.is_finite() {
            let shown = if seconds.is_nan() {
                "NaN".to_owned()
            } else {
                format!("{seconds}").replace("inf", "Infinity")
            };
            return Err(FunctionError::argument(format!("Invalid argument found: {shown}")));
        }
        let mut rest = seconds.abs().round() as i64;
        let mut parts = Vec::new();
        for (length, unit) in UNITS {
            let count = rest / length;
            rest %= length;
            if count > 0 {
                parts.push(format!("{count} {unit}{}", if count == 1 { "" } else { "s" }));
            }
        }
        Ok(Some(if parts.is_empty() { "0 seconds".to_owned() } else { parts.join(", ") }))
    })
}

/// `42.8ms`, `3.81 d`: a number and one of ns us ms s m h d.
fn duration_ms(text: &str) -> KernelResult<i64> {
    if text.is_empty() {
        return Err(FunctionError::argument("duration is empty"));
    }
    let bad = || FunctionError::argument(format!("duration is not a valid data duration string: {text}"));
    let trimmed = text.trim();
    let at = trimmed.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(bad)?;
    let (number, unit) = trimmed.split_at(at);
    let number = number.trim_end();
    if !number.starts_with(|c: char| c.is_ascii_digit()) || number.ends_with('.') {
        return Err(bad());
    }
    let number: f64 = number.parse().map_err(|_| bad())?;
    let unit_ms = match unit {
        "ns" => 1e-6,
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        "m" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        _ => return Err(FunctionError::argument(format!("Unknown time unit: {unit}"))),
    };
    let ms = (number * unit_ms + 0.5).floor();
    if ms > i64::MAX as f64 {
        return Err(bad());
    }
    Ok(Some(ms as i64))
}

fn parse(call: &Call) -> Result<ArrayRef> {
    let source = call.text(0)?;
    call.ticks(|row| duration_ms(given!(source.at(row))))
}

fn to_milliseconds(call: &Call) -> Result<ArrayRef> {
    let length = call.int(0)?;
    call.ints(|row| Ok(length.at(row)))
}
