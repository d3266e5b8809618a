//! Finds the calls of the JSON functions of the SQL standard in a statement; `json_calls` reads each.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan};

use super::error::SqlError;
use super::json_calls;
use super::tokens::is_word;

const NAMES: [&str; 5] = ["json_exists", "json_value", "json_query", "json_object", "json_array"];

/// Makes plain calls of them.
pub(super) fn plain(tokens: Vec<TokenWithSpan>) -> Result<Vec<TokenWithSpan>, SqlError> {
    let mut found = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let name = NAMES.into_iter().find(|name| is_word(&tokens[at].token, name));
        let opens = matches!(tokens.get(at + 1).map(|next| &next.token), Some(Token::LParen));
        match name.filter(|_| opens).zip(closing(&tokens, at + 1)) {
            Some((name, end)) => {
                let inner = plain(tokens[at + 2..end].to_vec())?;
                found.extend(json_calls::read(name, tokens[at].span, &inner, tokens[end].span)?);
                at = end + 1;
            }
            None => {
                found.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    Ok(found)
}

/// The parenthesis that closes the one at a token.
fn closing(tokens: &[TokenWithSpan], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    (open..tokens.len()).find(|at| {
        depth = moved(depth, &tokens[*at].token);
        depth == 0
    })
}

/// How many parentheses are open after a token.
pub(super) fn moved(depth: usize, token: &Token) -> usize {
    match token {
        Token::LParen | Token::LBracket => depth + 1,
        Token::RParen | Token::RBracket => depth.saturating_sub(1),
        _ => depth,
    }
}
