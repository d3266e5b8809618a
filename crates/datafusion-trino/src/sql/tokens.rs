//! From SQL text to the tokens that the parser gets.
//!
//! Every token keeps its place. Identifiers become lower case, also quoted ones; casts and typed literals
//! become calls of
//! `$cast` (the parser does not know Athena's type names); interval literals become calls of `$day_second`
//! and `$year_month`;
//! tokens that Athena's grammar does not have are refused.

use std::collections::HashMap;

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{
    Location, Span, Token, TokenWithSpan, Tokenizer, Whitespace, Word,
};

use super::dialect::Athena;
use super::error::SqlError;
use super::json_names;
use super::unicode;
use super::words;
use crate::functions::{ErrorClass, is_literal, parse_type};

/// Tokens, and how identifiers were typed.
pub(super) struct Prepared {
    /// Tokens without white space and comments.
    pub tokens: Vec<TokenWithSpan>,
    /// Identifiers that were not typed in lower case, by place.
    pub spelling: HashMap<Location, String>,
    /// Comparison operators and the words of predicates, in order.
    pub operators: Vec<(String, Location)>,
}

/// A syntax error at a place.
pub(super) fn syntax(place: Location, message: impl Into<String>) -> SqlError {
    SqlError::new(ErrorClass::SyntaxError, message).at(place)
}

/// Reads the tokens of a statement.
pub(super) fn prepare(sql: &str) -> Result<Prepared, SqlError> {
    let raw = Tokenizer::new(&Athena, sql)
        .with_unescape(true)
        .tokenize_with_location()
        .map_err(|error| syntax(error.location, error.message))?;
    let (mut spelling, mut escaped) = (HashMap::new(), Vec::new());
    let mut tokens: Vec<TokenWithSpan> = Vec::with_capacity(raw.len());
    for mut token in raw {
        if matches!(token.token, Token::Whitespace(Whitespace::MultiLineComment(_)) | Token::Whitespace(_)) {
            continue;
        }
        refuse(&token)?;
        if let Token::Word(word) = &mut token.token {
            let lower = word.value.to_lowercase();
            if lower != word.value {
                spelling.insert(token.span.start, std::mem::replace(&mut word.value, lower));
            }
        }
        if let Token::UnicodeStringLiteral(text) = &mut token.token {
            token.token = Token::SingleQuotedString(std::mem::take(text));
            escaped.push(token.span.start);
        }
        tokens.push(token);
    }
    let tokens = unicode::tables(unicode::unescaped(tokens, &escaped)?);
    order_of_limits(&tokens)?;
    words::refuse_reserved(&tokens)?;
    words::refuse_half_values(&tokens)?;
    let operators = words::operators(&tokens);
    let tokens = literals(keyword_calls(json_names::plain(tokens)?))?;
    let tokens = words::unkeyed(words::rows_in_parentheses(casts(tokens)?));
    Ok(Prepared { tokens, spelling, operators })
}

/// Refuses tokens that the parser accepts and Athena does not.
fn refuse(token: &TokenWithSpan) -> Result<(), SqlError> {
    let bad = match &token.token {
        Token::DoubleColon | Token::DoubleEq => true,
        Token::Word(word) => word.quote_style == Some('`'),
        _ => false,
    };
    if bad {
        return Err(syntax(token.span.start, format!("mismatched input '{}'", token.token)));
    }
    Ok(())
}

/// Refuses LIMIT before OFFSET.
fn order_of_limits(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    for three in tokens.windows(3) {
        if is_word(&three[0].token, "limit") && is_word(&three[2].token, "offset") {
            let error = syntax(three[2].span.start, "mismatched input 'OFFSET'");
            return Err(error.hint(Some("OFFSET comes before LIMIT".into())));
        }
    }
    Ok(())
}

pub(super) fn word(value: &str, span: Span) -> TokenWithSpan {
    let token = Word { value: value.into(), quote_style: Some('"'), keyword: Keyword::NoKeyword };
    TokenWithSpan::new(Token::Word(token), span)
}

fn call(name: &str, args: Vec<Token>, span: Span) -> Vec<TokenWithSpan> {
    let at = |token| TokenWithSpan::new(token, span);
    let mut tokens = vec![word(name, span), at(Token::LParen)];
    for (index, arg) in args.into_iter().enumerate() {
        if index > 0 {
            tokens.push(at(Token::Comma));
        }
        tokens.push(at(arg));
    }
    tokens.push(at(Token::RParen));
    tokens
}

pub(super) fn is_word(token: &Token, text: &str) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.value == text)
}

/// Names of types that begin a typed literal when a string follows.
const LITERAL_TYPES: &[&str] = &[
    "date",
    "time",
    "timestamp",
    "ipaddress",
    "uuid",
    "bigint",
    "integer",
    "int",
    "smallint",
    "tinyint",
    "double",
    "real",
    "boolean",
    "varchar",
    "decimal",
    "char",
];

fn literals(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, SqlError> {
    let mut found = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let TokenWithSpan { token, span } = &tokens[at];
        let string = tokens.get(at + 1).and_then(|next| match &next.token {
            Token::SingleQuotedString(text) => Some(text),
            _ => None,
        });
        if let (Token::Word(name), Some(text)) = (token, string) {
            let plain = name.quote_style.is_none();
            if plain && name.value == "json" {
                found.extend(call("json_parse", vec![Token::SingleQuotedString(text.clone())], *span));
                at += 2;
                continue;
            }
            if plain && LITERAL_TYPES.contains(&name.value.as_str()) {
                if !is_literal(&name.value, text) {
                    let message = format!("'{text}' is not a valid {} literal", name.value);
                    return Err(SqlError::new(ErrorClass::InvalidLiteral, message).at(span.start));
                }
                found.extend(typed(&name.value, text, *span));
                at += 2;
                continue;
            }
        }
        if is_word(token, "interval")
            && let Some((interval, used)) = interval(&tokens[at..])?
        {
            found.extend(interval);
            at += used;
            continue;
        }
        found.push(tokens[at].clone());
        at += 1;
    }
    Ok(found)
}

fn typed(name: &str, text: &str, span: Span) -> Vec<TokenWithSpan> {
    // A timestamp literal has a zone if something follows the time of day in its text.
    let zoned = name == "timestamp"
        && text.trim().split_once(' ').is_some_and(|(_, time)| {
            let time = time.trim();
            time.contains([' ', '+', '-']) || !time.starts_with(|c: char| c.is_ascii_digit())
        });
    let name = match name {
        "timestamp" if zoned => "timestamp with time zone".to_string(),
        "time" if !text.contains('.') => "time(0)".to_string(),
        "decimal" => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
            // Zeros at the beginning do not count.
            let whole = whole.trim_start_matches(|c: char| !matches!(c, '1'..='9'));
            let scale = digits(fraction);
            format!("decimal({},{scale})", (digits(whole) + scale).max(1))
        }
        name => name.to_string(),
    };
    call("$cast", vec![Token::SingleQuotedString(text.into()), Token::SingleQuotedString(name)], span)
}

/// Reads `INTERVAL [+-] 'text' UNIT [TO UNIT]`; returns how many tokens it used.
fn interval(tokens: &[TokenWithSpan]) -> Result<Option<(Vec<TokenWithSpan>, usize)>, SqlError> {
    let span = tokens[0].span;
    let token = |at: usize| tokens.get(at).map(|token: &TokenWithSpan| &token.token);
    let (mut at, mut sign) = (1, 1);
    match token(at) {
        Some(Token::Minus) => (at, sign) = (2, -1),
        Some(Token::Plus) => at = 2,
        _ => {}
    }
    let Some(Token::SingleQuotedString(text)) = token(at) else { return Ok(None) };
    let unit_of = |at: usize| -> Result<String, SqlError> {
        let found = tokens.get(at);
        match found.map(|token| &token.token) {
            Some(Token::Word(word)) if UNITS.contains(&word.value.as_str()) => Ok(word.value.clone()),
            other => {
                let shown = other.map_or("<EOF>".into(), ToString::to_string);
                let place = found.map_or(span.start, |token| token.span.start);
                let message = format!("mismatched input '{shown}'. Expecting: {}", UNITS.join(", "));
                Err(syntax(place, message)
                    .hint(Some("units of an interval are singular: INTERVAL '7' day".into())))
            }
        }
    };
    let from = unit_of(at + 1)?;
    at += 2;
    let mut to = from.clone();
    if token(at).is_some_and(|token| is_word(token, "to")) {
        to = unit_of(at + 1)?;
        at += 2;
    }
    let bad = || {
        SqlError::new(
            ErrorClass::InvalidLiteral,
            format!("Invalid INTERVAL {} value: {text}", from.to_uppercase()),
        )
        .at(span.start)
    };
    let months = matches!(from.as_str(), "year" | "month");
    let length = if months { year_month(text, &from, &to) } else { day_second(text, &from, &to) };
    let length = length.and_then(|length: i64| length.checked_mul(sign)).ok_or_else(bad)?;
    let name = if months { "$year_month" } else { "$day_second" };
    // As text, because the parser has no negative number literals.
    Ok(Some((call(name, vec![Token::SingleQuotedString(length.to_string())], span), at)))
}

const UNITS: [&str; 6] = ["year", "month", "day", "hour", "minute", "second"];

fn signed(text: &str) -> (i64, &str) {
    let text = text.trim();
    match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn plain(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn year_month(text: &str, from: &str, to: &str) -> Option<i64> {
    let (sign, text) = signed(text);
    let months = match (from, to) {
        ("year", "month") => match text.split_once('-') {
            Some((years, months)) => plain(years)?.checked_mul(12)?.checked_add(plain(months)?)?,
            None => plain(text)?.checked_mul(12)?,
        },
        ("year", "year") => plain(text)?.checked_mul(12)?,
        ("month", "month") => plain(text)?,
        _ => return None,
    };
    i32::try_from(sign * months).ok().map(i64::from)
}

/// Milliseconds of `1 02:03:04.567`, read from unit `from` down to at most `to`.
fn day_second(text: &str, from: &str, to: &str) -> Option<i64> {
    let (sign, text) = signed(text);
    let lengths = [("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000)];
    let place = |unit: &str| lengths.iter().position(|(name, _)| *name == unit);
    let (first, last) = (place(from)?, place(to)?);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<&str> = text.split([' ', ':']).collect();
    if parts.len() > (last + 1).checked_sub(first)? {
        return None;
    }
    let mut ms = 0_i64;
    for (part, (_, length)) in parts.iter().zip(&lengths[first..]) {
        ms = ms.checked_add(plain(part)?.checked_mul(*length)?)?;
    }
    if !fraction.is_empty() {
        if first + parts.len() != 4 {
            return None;
        }
        plain(fraction)?;
        ms += format!("{fraction:0<3}")[..3].parse::<i64>().ok()?;
    }
    Some(sign * ms)
}

/// `TRIM(LEADING FROM x)` → `TRIM(LEADING x)`, and `EXTRACT(field FROM x)` → `field(x)`.
fn keyword_calls(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let is = |at: usize, words: &[&str]| {
        tokens.get(at).is_some_and(|token| words.iter().any(|word| is_word(&token.token, word)))
    };
    let mut found = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let opens = matches!(tokens.get(at + 1).map(|next| &next.token), Some(Token::LParen));
        if opens && is(at, &["trim"]) && is(at + 2, &["leading", "trailing", "both"]) && is(at + 3, &["from"])
        {
            let name = match &tokens[at + 2].token {
                Token::Word(word) if word.value == "leading" => "ltrim",
                Token::Word(word) if word.value == "trailing" => "rtrim",
                _ => "trim",
            };
            found.extend([word(name, token.span), tokens[at + 1].clone()]);
            at += 4;
            continue;
        }
        if let (true, true, Some(Token::Word(field))) = (
            opens && is(at, &["extract"]),
            is(at + 3, &["from"]),
            tokens.get(at + 2).map(|token| &token.token),
        ) {
            found.extend([word(&field.value, tokens[at + 2].span), tokens[at + 1].clone()]);
            at += 4;
            continue;
        }
        found.push(token.clone());
        at += 1;
    }
    found
}

/// `CAST(x AS type)` → `"$cast"(x, 'type')`.
fn casts(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, SqlError> {
    let mut found: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    // For each open parenthesis, the cast that it belongs to.
    let mut open: Vec<Option<Location>> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let TokenWithSpan { token, span } = &tokens[at];
        let name =
            [("cast", "$cast"), ("try_cast", "$try_cast")].into_iter().find(|(sql, _)| is_word(token, sql));
        if let Some((_, name)) =
            name.filter(|_| matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::LParen)))
        {
            found.push(word(name, *span));
            found.push(tokens[at + 1].clone());
            open.push(Some(span.start));
            at += 2;
            continue;
        }
        match token {
            Token::LParen => open.push(None),
            Token::RParen => drop(open.pop()),
            token if is_word(token, "as") && matches!(open.last(), Some(Some(_))) => {
                let cast = open.last().copied().flatten().unwrap_or(span.start);
                let mut depth = 0;
                let mut text = String::new();
                let start = at + 1;
                at = start;
                while let Some(TokenWithSpan { token, .. }) = tokens.get(at) {
                    match token {
                        Token::LParen | Token::Lt => depth += 1,
                        Token::RParen | Token::Gt if depth > 0 => depth -= 1,
                        Token::ShiftRight if depth > 1 => depth -= 2,
                        Token::RParen => break,
                        _ => {}
                    }
                    text.push_str(&token.to_string());
                    text.push(' ');
                    at += 1;
                }
                let text = text.trim().to_string();
                let place = tokens.get(start).map_or(*span, |token| token.span);
                if parse_type(&text).is_none() {
                    let error = SqlError::new(ErrorClass::TypeMismatch, format!("Unknown type: {text}"));
                    return Err(error.at(cast));
                }
                found.push(TokenWithSpan::new(Token::Comma, *span));
                found.push(TokenWithSpan::new(Token::SingleQuotedString(text), place));
                continue;
            }
            _ => {}
        }
        found.push(tokens[at].clone());
        at += 1;
    }
    Ok(found)
}
