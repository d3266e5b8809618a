//! Numbers as text, in Java's form (results) and in SQL's (casts), and from text.

/// `Double.toString`: `100.0`, `1.0E20`, `1.23456789E7`, `NaN`, `Infinity`.
pub fn java_double(number: f64) -> String {
    if let Some(special) = special(number) {
        return special;
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
        return sql_double(number);
    }
    let text = number.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// `CAST(double AS varchar)`: `1.0E0`, `3.77E1`, `0E0`, `NaN`, `Infinity`.
pub fn sql_double(number: f64) -> String {
    special(number).unwrap_or_else(|| scientific(format!("{number:e}")))
}

/// [`java_double`] with the digits of a `real`.
pub fn java_float(number: f32) -> String {
    if !number.is_finite() {
        return java_double(f64::from(number));
    }
    let magnitude = number.abs();
    if magnitude != 0.0 && !(1e-3..1e7).contains(&magnitude) {
        return scientific(format!("{number:e}"));
    }
    let text = number.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// [`sql_double`] with the digits of a `real`.
pub fn sql_float(number: f32) -> String {
    special(f64::from(number)).unwrap_or_else(|| scientific(format!("{number:e}")))
}

fn special(number: f64) -> Option<String> {
    if number.is_nan() {
        return Some("NaN".into());
    }
    number.is_infinite().then(|| if number > 0.0 { "Infinity" } else { "-Infinity" }.into())
}

fn scientific(text: String) -> String {
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') || digits.ends_with('0') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// `Long.parseLong`: an optional sign and digits.
pub fn parse_bigint(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `Double.parseDouble`, without its hexadecimal form.
pub fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| c <= ' ');
    let plain = text.strip_prefix(['+', '-']).unwrap_or(text);
    match plain {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        _ if plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok()
        }
        _ => None,
    }
}
