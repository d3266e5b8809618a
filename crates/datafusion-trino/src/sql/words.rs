//! Keywords: Athena reserves few words, the parser knows hundreds from other databases.

use std::collections::HashSet;
use std::sync::LazyLock;

use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::error::SqlError;
use super::tokens::{is_word, syntax};

/// Reserved words: names only in double quotes.
const RESERVED: &str = "alter and as between by case cast constraint create cross cube current_catalog current_date current_path \
    current_role current_schema current_time current_timestamp current_user deallocate delete describe distinct drop \
    else end escape except execute exists extract false for from full group grouping having in inner insert intersect \
    into is join left like listagg localtime localtimestamp natural normalize not null on or order outer prepare \
    recursive right rollup select skip table then trim true uescape union unnest using values when where with";

/// Other keywords of a query.
const SOFT: &str = "all any array asc at bernoulli both current desc error fetch filter first following groups ignore interval last \
    lateral leading limit next nulls offset only ordinality over overflow partition position preceding range respect \
    row rows sets some substring system tablesample ties time to trailing truncate unbounded window within without zone";

/// Words that begin other statements, so that an error can name the statement.
const STATEMENTS: &str = "alter analyze call comment commit create deallocate delete describe drop execute explain grant insert merge \
    msck prepare refresh reset revoke rollback set show start truncate unload update use vacuum";

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_whitespace().collect()
}

static RESERVED_WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| set(RESERVED));
static GRAMMAR: LazyLock<HashSet<&str>> = LazyLock::new(|| &set(RESERVED) | &set(SOFT));
static BEGINNINGS: LazyLock<HashSet<&str>> = LazyLock::new(|| set(STATEMENTS));

fn unquoted(token: &Token) -> Option<&str> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
        _ => None,
    }
}

/// Refuses a reserved word where only a name can stand: after `AS` and after a dot.
pub(super) fn refuse_reserved(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    for (before, after) in tokens.iter().zip(tokens.iter().skip(1)) {
        let names = is_word(&before.token, "as") || before.token == Token::Period;
        if let Some(word) = unquoted(&after.token).filter(|word| names && RESERVED_WORDS.contains(word)) {
            let error =
                syntax(after.span.start, format!("mismatched input '{word}'. Expecting: <identifier>"));
            return Err(error.hint(Some(format!(
                "`{word}` is a reserved word; put it in double quotes to use it as a name: \"{word}\""
            ))));
        }
    }
    Ok(())
}

/// Refuses `DATE ?` and `INTERVAL ? day`: a `?` stands for a whole value.
pub(super) fn refuse_half_values(tokens: &[TokenWithSpan]) -> Result<(), SqlError> {
    for (before, after) in tokens.iter().zip(tokens.iter().skip(1)) {
        let begins =
            unquoted(&before.token).is_some_and(|word| ["date", "timestamp", "interval"].contains(&word));
        if begins && matches!(&after.token, Token::Placeholder(mark) if mark == "?") {
            let hint =
                "a `?` stands for a whole value: write `?` alone and pass DATE '…' or INTERVAL '1' day";
            return Err(syntax(after.span.start, "mismatched input '?'").hint(Some(hint.to_owned())));
        }
    }
    Ok(())
}

/// `VALUES 1, 2` → `VALUES (1), (2)`: the parser requires every row in parentheses.
pub(super) fn rows_in_parentheses(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let mut found: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let begins = is_word(&token.token, "values");
        found.push(token);
        let is_bare =
            tokens.peek().is_some_and(|next| next.token != Token::LParen && next.token != Token::Period);
        if !begins || !is_bare {
            continue;
        }
        let mut depth = 0_usize;
        let at = |token: Token, place: &TokenWithSpan| TokenWithSpan::new(token, place.span);
        if let Some(first) = tokens.peek() {
            found.push(at(Token::LParen, first));
        }
        while let Some(next) = tokens.peek() {
            let ends = unquoted(&next.token).is_some_and(|word| AFTER_VALUES.contains(&word))
                || matches!(next.token, Token::RParen | Token::SemiColon | Token::EOF);
            if depth == 0 && ends {
                break;
            }
            let Some(next) = tokens.next() else { break };
            match next.token {
                Token::LParen | Token::LBracket => depth += 1,
                Token::RParen | Token::RBracket => depth = depth.saturating_sub(1),
                Token::Comma if depth == 0 => {
                    found.extend([
                        at(Token::RParen, &next),
                        at(Token::Comma, &next),
                        at(Token::LParen, &next),
                    ]);
                    continue;
                }
                _ => {}
            }
            found.push(next);
        }
        if let Some(last) = found.last().cloned() {
            found.push(at(Token::RParen, &last));
        }
    }
    found
}

/// Words that end the rows of VALUES.
const AFTER_VALUES: [&str; 7] = ["order", "limit", "offset", "fetch", "union", "intersect", "except"];

/// Turns every word that is not a keyword of Athena into a name, and drops `ALL` and `DISTINCT` of a GROUP
/// BY, which have no effect
/// unless grouping sets repeat.
pub(super) fn unkeyed(mut tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    for (at, token) in tokens.iter_mut().enumerate() {
        if let Token::Word(word) = &mut token.token
            && !GRAMMAR.contains(word.value.as_str())
            && !(at == 0 && BEGINNINGS.contains(word.value.as_str()))
        {
            word.keyword = Keyword::NoKeyword;
        }
    }
    let mut at = 2;
    while at < tokens.len() {
        let quantified = is_word(&tokens[at - 2].token, "group")
            && is_word(&tokens[at - 1].token, "by")
            && (is_word(&tokens[at].token, "all") || is_word(&tokens[at].token, "distinct"));
        if quantified {
            tokens.remove(at);
        }
        at += 1;
    }
    tokens
}

/// Operators and the words of predicates, with their places; a predicate with NOT begins at NOT.
pub(super) fn operators(tokens: &[TokenWithSpan]) -> Vec<(String, Location)> {
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let text = match &token.token {
            Token::Word(word) if ["in", "between", "like", "is"].contains(&word.value.as_str()) => {
                &word.value
            }
            Token::Neq => "<>",
            Token::Eq | Token::Lt | Token::LtEq | Token::Gt | Token::GtEq | Token::Plus | Token::Minus => {
                &token.token.to_string()
            }
            Token::Mul | Token::Div | Token::Mod | Token::StringConcat => &token.token.to_string(),
            Token::Word(word) if ["and", "or"].contains(&word.value.as_str()) => &word.value.to_uppercase(),
            _ => continue,
        };
        let is_negated = at > 0 && is_word(&tokens[at - 1].token, "not") && token.token.to_string() == text;
        let place = match tokens.get(at + 1) {
            // A list of the wrong type is reported where it begins.
            Some(list) if text == "in" => list.span.start,
            _ if is_negated => tokens[at - 1].span.start,
            _ => token.span.start,
        };
        found.push((text.to_owned(), place));
    }
    found
}
