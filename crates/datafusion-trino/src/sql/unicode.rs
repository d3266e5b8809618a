//! `U&'…' UESCAPE '!'`: texts with escapes of a character of one's own; and `TABLE name`.

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Word};

use super::error::SqlError;
use super::tokens::{is_word, syntax};

/// Decodes the texts that `UESCAPE` follows; `unicode` are the places of those that begin with `U&`.
pub(super) fn unescaped(
    tokens: Vec<TokenWithSpan>,
    unicode: &[Location],
) -> Result<Vec<TokenWithSpan>, SqlError> {
    let mut found: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        if !is_word(&token.token, "uescape") {
            found.push(token);
            continue;
        }
        let place = token.span.start;
        let escape = match tokens.next().map(|next| next.token) {
            Some(Token::SingleQuotedString(text)) if text.chars().count() == 1 => text.chars().next(),
            _ => None,
        };
        let bad = |c: &char| c.is_ascii_hexdigit() || matches!(c, '+' | '\'' | '"' | ' ');
        let Some(escape) = escape.filter(|escape| !bad(escape)) else {
            return Err(syntax(place, "Invalid Unicode escape character"));
        };
        match found.last_mut() {
            Some(TokenWithSpan { token: Token::SingleQuotedString(text), span })
                if unicode.contains(&span.start) =>
            {
                *text = decoded(text, escape).ok_or_else(|| syntax(span.start, "Invalid escape sequence"))?;
            }
            _ => return Err(syntax(place, "mismatched input 'UESCAPE'")),
        }
    }
    Ok(found)
}

/// `!0041` and `!+000041` are characters, `!!` is the escape itself.
fn decoded(text: &str, escape: char) -> Option<String> {
    let mut found = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(escape) {
        found.push_str(&rest[..at]);
        rest = &rest[at + escape.len_utf8()..];
        if let Some(after) = rest.strip_prefix(escape) {
            found.push(escape);
            rest = after;
            continue;
        }
        let (digits, after) = match rest.strip_prefix('+') {
            Some(rest) => (rest.get(..6)?, rest.get(6..)?),
            None => (rest.get(..4)?, rest.get(4..)?),
        };
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        found.push(char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?)?);
        rest = after;
    }
    found.push_str(rest);
    Some(found)
}

/// `TABLE name` → `SELECT * FROM name`, where a query begins.
pub(super) fn tables(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let begins = |before: Option<&TokenWithSpan>| match before.map(|before| &before.token) {
        // A `WITH` ends in a parenthesis.
        None | Some(Token::LParen | Token::RParen) => true,
        Some(token) => {
            ["union", "intersect", "except", "all", "distinct"].iter().any(|word| is_word(token, word))
        }
    };
    let mut found: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let is_name = matches!(tokens.get(at + 1).map(|next| &next.token), Some(Token::Word(_)));
        if is_word(&token.token, "table") && is_name && begins(found.last()) {
            let word = |text: &str, keyword| {
                let word = Word { value: text.to_owned(), quote_style: None, keyword };
                TokenWithSpan::new(Token::Word(word), token.span)
            };
            found.push(word("select", Keyword::SELECT));
            found.push(TokenWithSpan::new(Token::Mul, token.span));
            found.push(word("from", Keyword::FROM));
        } else {
            found.push(token.clone());
        }
    }
    found
}
