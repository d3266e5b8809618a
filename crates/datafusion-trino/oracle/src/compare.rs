//! When two answers are the same.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::{Answer, Outcome};

/// How much of an answer must be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Rows in any order.
    Any,
    /// Rows in this order.
    Total,
    /// Rows in any order, and the items of arrays too: nothing says in which order `array_agg` meets them.
    Loose,
    /// Only how many: which ones a LIMIT leaves is open.
    Count,
}

/// A statement for Trino: rewrites literals with a point to doubles: Athena reads them so, Trino as decimals.
#[must_use]
pub fn for_trino(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '\'' | '"' => quoted(rest, first),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            _ if (first.is_ascii_digit() || first == '.') && !is_word(before) => number(rest),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end.max(first.len_utf8()));
        out.push_str(token);
        let is_number = token.contains('.') && token.contains(|c: char| c.is_ascii_digit());
        if is_number && !token.starts_with(['\'', '"', '-', '/']) && !token.contains(['e', 'E']) {
            out.push_str("E0");
        }
        before = token.chars().last().unwrap_or(' ');
        rest = after;
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '"' | ']' | ')')
}

fn quoted(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |at| at + 2)
}

fn number(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if text[end..].starts_with('.') {
        end += 1;
        end += digits(end);
    }
    if text[end..].starts_with(['e', 'E']) {
        let sign = usize::from(text[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

/// What differs, in words; `None` if nothing does.
#[must_use]
pub fn difference(trino: &Outcome, ours: &Outcome, order: Order) -> Option<String> {
    match (trino, ours) {
        (Err(_), Err(_)) => None,
        (Ok(_), Err(error)) => Some(format!("Trino answers, ours refuses: {error}")),
        (Err(error), Ok(answer)) => {
            Some(format!("ours answers {}, Trino refuses: {error}", shown(answer.rows.first())))
        }
        (Ok(trino), Ok(ours)) => of_answers(trino, ours, order),
    }
}

fn of_answers(trino: &Answer, ours: &Answer, order: Order) -> Option<String> {
    if trino.columns != ours.columns {
        return Some(format!("columns {:?}, Trino's are {:?}", ours.columns, trino.columns));
    }
    let types = |answer: &Answer| answer.types.iter().map(|name| kind(name)).collect::<Vec<_>>();
    if types(trino) != types(ours) {
        return Some(format!("types {:?}, Trino's are {:?}", types(ours), types(trino)));
    }
    if trino.rows.len() != ours.rows.len() {
        return Some(format!("{} rows, Trino has {}", ours.rows.len(), trino.rows.len()));
    }
    if order == Order::Count {
        return None;
    }
    let texts = |answer: &Answer| {
        let text = |row: &Vec<Value>| match order {
            Order::Loose => shown(Some(&row.iter().map(sorted).collect())),
            _ => shown(Some(row)),
        };
        let mut texts: Vec<String> = answer.rows.iter().map(text).collect();
        if order != Order::Total {
            texts.sort_unstable();
        }
        texts
    };
    let (theirs, ours) = (texts(trino), texts(ours));
    let at = theirs.iter().zip(&ours).position(|(theirs, ours)| theirs != ours)?;
    Some(format!("row {}, Trino's is {}", ours[at], theirs[at]))
}

/// A value with the items of its arrays in one order.
fn sorted(value: &Value) -> Value {
    let Value::Array(items) = value else { return value.clone() };
    let mut items: Vec<Value> = items.iter().map(sorted).collect();
    items.sort_by_key(ToString::to_string);
    Value::Array(items)
}

fn shown(row: Option<&Vec<Value>>) -> String {
    row.map_or_else(|| "no row".to_owned(), |row| plain(&Value::Array(row.clone())).to_string())
}

/// A type without what this engine and Trino show differently: the length of a text, the digits of a decimal
/// or of a second.
fn kind(name: &str) -> String {
    let plain = Regex::new(r"\b(varchar|char|decimal|timestamp)\([\d,\s]+\)").expect("the pattern is one");
    plain.replace_all(name, "$1").to_lowercase().replace('"', "")
}

/// A time's fraction of a second without zeros at its end: Athena always shows three digits, Trino as many as
/// were written.
fn plain(value: &Value) -> Value {
    static TIME: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([+-]?\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d)(\.\d*?)0*( \S+)?$").expect("the pattern is one")
    });
    match value {
        Value::String(text) => {
            let shorter = TIME.replace(text, "$1$2$3").replace(". ", " ");
            Value::String(shorter.trim_end_matches('.').to_owned())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}
