//! `format`: Java's patterns. Reads a pattern and writes a value; the columns of arguments are in `formatted`.

use crate::functions::error::FunctionError;

/// A value that a pattern writes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// NULL
    Null,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Double(f64),
    /// A decimal, by its digits.
    Digits(String),
    /// A date or timestamp.
    Time(chrono::NaiveDateTime, String),
    /// Anything else, as text.
    Text(String),
}

/// A place in a pattern where a value is written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Slot {
    /// Which argument, from 1; the next one if it is `None`.
    argument: Option<usize>,
    flags: String,
    width: usize,
    precision: Option<usize>,
    /// The letter, with a `t` before it for a part of a time.
    conversion: String,
}

/// A piece of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// This text.
    Plain(String),
    /// A value.
    Slot(Slot),
}

fn invalid(what: impl std::fmt::Display) -> FunctionError {
    FunctionError::argument(format!("Invalid format string: {what}"))
}

/// Reads a pattern.
pub(super) fn parse(pattern: &str) -> Result<Vec<Piece>, FunctionError> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find('%') {
        if at > 0 {
            pieces.push(Piece::Plain(rest[..at].to_owned()));
        }
        rest = &rest[at + 1..];
        let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= 100_000);
        let mut argument = None;
        let count = digits(rest);
        if count > 0 && rest[count..].starts_with('$') {
            argument = Some(number(&rest[..count]).filter(|it| *it > 0).ok_or_else(|| invalid(pattern))?);
            rest = &rest[count + 1..];
        }
        let count = rest.len() - rest.trim_start_matches(['-', '#', '+', ' ', '0', ',', '(']).len();
        let flags = rest[..count].to_owned();
        rest = &rest[count..];
        let count = digits(rest);
        let width = if count > 0 { number(&rest[..count]).ok_or_else(|| invalid(pattern))? } else { 0 };
        rest = &rest[count..];
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let count = digits(after);
            precision = Some(number(&after[..count]).ok_or_else(|| invalid(pattern))?);
            rest = &after[count..];
        }
        let letter = rest.chars().next().ok_or_else(|| invalid(pattern))?;
        rest = &rest[letter.len_utf8()..];
        let mut conversion = letter.to_string();
        if matches!(letter, 't' | 'T') {
            let part = rest.chars().next().ok_or_else(|| invalid(pattern))?;
            conversion.push(part);
            rest = &rest[part.len_utf8()..];
        }
        match letter {
            '%' => pieces.push(Piece::Plain(format!("{:>width$}", '%'))),
            'n' => pieces.push(Piece::Plain("\n".to_owned())),
            _ => pieces.push(Piece::Slot(Slot { argument, flags, width, precision, conversion })),
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest.to_owned()));
    }
    Ok(pieces)
}

/// Writes values into a pattern.
pub(super) fn write(pieces: &[Piece], values: &[Value]) -> Result<String, FunctionError> {
    let (mut text, mut next) = (String::new(), 0);
    for piece in pieces {
        match piece {
            Piece::Plain(plain) => text.push_str(plain),
            Piece::Slot(slot) => {
                let at = slot.argument.map_or(next, |number| number - 1);
                next += usize::from(slot.argument.is_none());
                let value = values.get(at).ok_or_else(|| {
                    FunctionError::argument(format!(
                        "Missing argument for format specifier '%{}'",
                        slot.conversion
                    ))
                })?;
                text.push_str(&slot.padded(slot.body(value)?));
            }
        }
    }
    Ok(text)
}

impl Slot {
    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    fn refuse<T>(&self, value: &Value) -> Result<T, FunctionError> {
        let kind = match value {
            Value::Null => "NULL",
            Value::Boolean(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Double(_) => "double",
            Value::Digits(_) => "decimal",
            Value::Time(..) => "time",
            Value::Text(_) => "varchar",
        };
        let message =
            format!("Invalid format string: %{} cannot write a value of type {kind}", self.conversion);
        Err(FunctionError::argument(message))
    }

    fn body(&self, value: &Value) -> Result<String, FunctionError> {
        let letter = self.conversion.chars().next().unwrap_or('s');
        let text = match (letter.to_ascii_lowercase(), value) {
            ('b', Value::Boolean(truth)) => self.cut(truth.to_string()),
            ('b', value) => self.cut((*value != Value::Null).to_string()),
            (_, Value::Null) => self.cut("null".to_owned()),
            ('s', value) => self.cut(shown(value)),
            ('d', Value::Integer(number)) => {
                self.signed(*number < 0, self.grouped(number.unsigned_abs().to_string()))
            }
            ('x', Value::Integer(number)) => self.zeroed(format!("{number:x}")),
            ('o', Value::Integer(number)) => self.zeroed(format!("{number:o}")),
            ('f', Value::Double(number)) => self.fixed(*number),
            ('f', Value::Digits(digits)) => {
                let (sign, digits) =
                    digits.strip_prefix('-').map_or((false, digits.as_str()), |rest| (true, rest));
                self.signed(sign, self.grouped(rounded(digits, self.precision.unwrap_or(6))))
            }
            ('e', Value::Double(number)) => self.exponential(*number),
            ('e', Value::Digits(digits)) => self.exponential(digits.parse().unwrap_or_default()),
            ('t', Value::Time(time, _)) => match part(*time, self.conversion.chars().nth(1).unwrap_or(' ')) {
                Some(text) => text,
                None => return Err(invalid(format!("%{}", self.conversion))),
            },
            ('d' | 'x' | 'o' | 'c' | 'f' | 'e' | 't', value) => return self.refuse(value),
            _ => return Err(invalid(format!("%{}", self.conversion))),
        };
        Ok(if letter.is_uppercase() { text.to_uppercase() } else { text })
    }

    /// The text, not longer than the precision.
    fn cut(&self, text: String) -> String {
        match self.precision {
            Some(length) => text.chars().take(length).collect(),
            None => text,
        }
    }

    /// Digits in groups of three, if that is wanted.
    fn grouped(&self, digits: String) -> String {
        if !self.has(',') {
            return digits;
        }
        let (whole, fraction) = digits.split_once('.').map_or((digits.as_str(), None), |(a, b)| (a, Some(b)));
        let mut text = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        fraction.map_or(text.clone(), |fraction| format!("{text}.{fraction}"))
    }

    /// Digits with their sign, and with zeros up to the width.
    fn signed(&self, is_negative: bool, digits: String) -> String {
        let (before, after) = match is_negative {
            true if self.has('(') => ("(", ")"),
            true => ("-", ""),
            false if self.has('+') => ("+", ""),
            false if self.has(' ') => (" ", ""),
            false => ("", ""),
        };
        let zeros = self.width.saturating_sub(before.len() + digits.len() + after.len());
        let zeros = if self.has('0') { "0".repeat(zeros) } else { String::new() };
        format!("{before}{zeros}{digits}{after}")
    }

    fn zeroed(&self, digits: String) -> String {
        let width = self.width;
        if self.has('0') { format!("{digits:0>width$}") } else { digits }
    }

    fn fixed(&self, number: f64) -> String {
        if !number.is_finite() {
            return self.signed(number < 0.0, if number.is_nan() { "NaN" } else { "Infinity" }.to_owned());
        }
        // Java rounds the shortest decimal digits half up.
        let digits = rounded(&format!("{}", number.abs()), self.precision.unwrap_or(6));
        self.signed(number.is_sign_negative(), self.grouped(digits))
    }

    fn exponential(&self, number: f64) -> String {
        let text = format!("{:.*e}", self.precision.unwrap_or(6), number.abs());
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
        self.signed(number.is_sign_negative(), format!("{digits}e{sign}{exponent:0>2}"))
    }

    fn padded(&self, text: String) -> String {
        let width = self.width;
        if self.has('-') { format!("{text:<width$}") } else { format!("{text:>width$}") }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Double(number) => crate::functions::number::text::java_double(*number),
        Value::Digits(text) | Value::Text(text) | Value::Time(_, text) => text.clone(),
    }
}

/// Decimal digits with so many places, rounded half up.
fn rounded(digits: &str, places: usize) -> String {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let kept: String = format!("{fraction:0<places$}").chars().take(places).collect();
    let mut all: Vec<u8> = format!("0{whole}{kept}").into_bytes();
    if fraction.as_bytes().get(places).is_some_and(|next| *next >= b'5') {
        for digit in all.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
    }
    let text: String = all.into_iter().map(char::from).collect();
    let (whole, kept) = text.split_at(text.len() - places);
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    if places == 0 { whole.to_owned() } else { format!("{whole}.{kept}") }
}

/// A part of a time.
fn part(time: chrono::NaiveDateTime, letter: char) -> Option<String> {
    let format = match letter {
        'A' => "%A",
        'a' => "%a",
        'B' => "%B",
        'b' | 'h' => "%b",
        'd' => "%d",
        'e' => "%-d",
        'j' => "%j",
        'm' => "%m",
        'Y' => "%Y",
        'y' => "%y",
        'H' => "%H",
        'k' => "%-H",
        'I' => "%I",
        'l' => "%-I",
        'M' => "%M",
        'S' => "%S",
        'L' => "%3f",
        'N' => "%9f",
        'p' => "%P",
        'F' => "%Y-%m-%d",
        'D' => "%m/%d/%y",
        'T' => "%H:%M:%S",
        'R' => "%H:%M",
        'r' => "%I:%M:%S %p",
        _ => return None,
    };
    Some(time.format(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_writes_values_as_java_does() {
        let write =
            |pattern: &str, values: &[Value]| parse(pattern).and_then(|pieces| write(&pieces, values));
        let (number, double) = (Value::Integer(-1234), Value::Double(1234.565));
        for (pattern, value, expected) in [
            ("%d", &number, "-1234"),
            ("%,d|", &number, "-1,234|"),
            ("%08d", &number, "-0001234"),
            ("%(d", &number, "(1234)"),
            ("%-7d|", &number, "-1234  |"),
            ("%x", &Value::Integer(255), "ff"),
            ("%X", &Value::Integer(255), "FF"),
            ("%.2f", &double, "1234.57"),
            ("%,.1f", &double, "1,234.6"),
            ("%.0f", &Value::Double(0.5), "1"),
            ("%f", &Value::Digits("9.9999995".into()), "10.000000"),
            ("%e", &double, "1.234565e+03"),
            ("%5s|%1$-5s|", &Value::Text("ab".into()), "   ab|ab   |"),
            ("%.1S%%", &Value::Text("ab".into()), "A%"),
            ("%b", &Value::Null, "false"),
            ("%s", &Value::Null, "null"),
        ] {
            assert_eq!(write(pattern, std::slice::from_ref(value)).as_deref(), Ok(expected), "{pattern}");
        }
        for (pattern, value) in [
            ("%d", &double),
            ("%f", &number),
            ("%q", &number),
            ("%", &number),
            ("%s %s", &number),
            ("%0$s", &number),
        ] {
            assert!(write(pattern, std::slice::from_ref(value)).is_err(), "{pattern}");
        }
    }
}
