//! The JSON functions of the SQL standard, whose arguments have keywords: `json_value(x, 'lax $.a' RETURNING bigint NULL
//! ON ERROR)`. Each becomes a plain call of an internal function, token by token, before the statement is parsed.

mod construct;

use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::error::SqlError;
use super::tokens::{is_word, syntax, word};

type Tokens = Vec<TokenWithSpan>;

const NAMES: [&str; 5] = ["json_exists", "json_value", "json_query", "json_object", "json_array"];

/// Makes plain calls of them.
pub(super) fn plain(tokens: Tokens) -> Result<Tokens, SqlError> {
    let mut found = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let name = NAMES.into_iter().find(|name| is_word(&tokens[at].token, name));
        let opens = matches!(tokens.get(at + 1).map(|next| &next.token), Some(Token::LParen));
        match name.filter(|_| opens).zip(closing(&tokens, at + 1)) {
            Some((name, end)) => {
                let inner = plain(tokens[at + 2..end].to_vec())?;
                let call = Call { span: tokens[at].span, rest: &inner, at: 0, end: tokens[end].span };
                found.extend(call.read(name)?);
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

fn moved(depth: usize, token: &Token) -> usize {
    match token {
        Token::LParen | Token::LBracket => depth + 1,
        Token::RParen | Token::RBracket => depth.saturating_sub(1),
        _ => depth,
    }
}

/// The arguments of one call.
struct Call<'a> {
    span: Span,
    end: Span,
    rest: &'a [TokenWithSpan],
    at: usize,
}

/// Words that begin a clause after the arguments.
const CLAUSES: [&str; 13] = [
    "passing",
    "returning",
    "null",
    "error",
    "default",
    "empty",
    "true",
    "false",
    "unknown",
    "with",
    "without",
    "keep",
    "omit",
];

impl Call<'_> {
    fn read(mut self, name: &str) -> Result<Tokens, SqlError> {
        let read = match name {
            "json_exists" => self.exists(),
            "json_value" => self.value(),
            "json_query" => self.query(),
            "json_object" => self.object(),
            _ => self.array(),
        }?;
        match self.rest.get(self.at) {
            None => Ok(read),
            Some(_) => self.refuse("')'"),
        }
    }

    fn refuse<T>(&self, expected: &str) -> Result<T, SqlError> {
        let (shown, place) = match self.rest.get(self.at) {
            Some(token) => (token.token.to_string(), token.span.start),
            None => (")".to_owned(), self.end.start),
        };
        Err(syntax(place, format!("mismatched input '{shown}'. Expecting: {expected}")))
    }

    fn is(&self, at: usize, text: &str) -> bool {
        self.rest.get(at).is_some_and(|token| is_word(&token.token, text))
    }

    /// Takes these words, if they follow.
    fn words(&mut self, words: &[&str]) -> bool {
        let fits = words.iter().enumerate().all(|(index, word)| self.is(self.at + index, word));
        self.at += if fits { words.len() } else { 0 };
        fits
    }

    /// Passes over these words, if they follow.
    fn skip(&mut self, words: &[&str]) {
        let _ = self.words(words);
    }

    fn symbol(&mut self, symbol: &Token) -> bool {
        let is = self.rest.get(self.at).is_some_and(|token| token.token == *symbol);
        self.at += usize::from(is);
        is
    }

    /// The tokens up to the first at the top level that `ends` accepts; at least one.
    fn until(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Result<Tokens, SqlError> {
        let (start, mut depth) = (self.at, 0usize);
        // CASE … END holds words of clauses.
        let mut cases = 0usize;
        while let Some(TokenWithSpan { token, .. }) = self.rest.get(self.at) {
            if depth == 0 && cases == 0 && self.at > start && ends(self, self.at) {
                break;
            }
            depth = moved(depth, token);
            cases = match token {
                token if is_word(token, "case") => cases + 1,
                token if is_word(token, "end") => cases.saturating_sub(1),
                _ => cases,
            };
            self.at += 1;
        }
        if self.at == start { self.refuse("<expression>") } else { Ok(self.rest[start..self.at].to_vec()) }
    }

    fn comma(&self, at: usize) -> bool {
        self.rest.get(at).is_some_and(|token| token.token == Token::Comma)
    }

    fn clause(&self, at: usize) -> bool {
        let word = |at: usize| CLAUSES.iter().any(|word| self.is(at, word));
        // `x IS NULL` and `a = true` are parts of an expression.
        let joined = at.checked_sub(1).is_some_and(|before| {
            let operator = matches!(
                self.rest[before].token,
                Token::Eq
                    | Token::Neq
                    | Token::Lt
                    | Token::Gt
                    | Token::LtEq
                    | Token::GtEq
                    | Token::Plus
                    | Token::Minus
            );
            operator || ["is", "not", "and", "or", "from"].iter().any(|word| self.is(before, word))
        });
        word(at) && !joined
    }

    fn format_json(&mut self) -> Result<bool, SqlError> {
        if !self.words(&["format"]) {
            return Ok(false);
        }
        if !self.words(&["json"]) {
            return self.refuse("'JSON'");
        }
        self.skip(&["encoding", "utf8"]);
        Ok(true)
    }

    /// `input, 'path' [PASSING …]`: the document, the path, the passed values.
    fn path(&mut self) -> Result<[Tokens; 3], SqlError> {
        let input = self.until(|call, at| call.comma(at) || call.is(at, "format"))?;
        self.format_json()?;
        if !self.symbol(&Token::Comma) {
            return self.refuse("','");
        }
        let path = match self.rest.get(self.at) {
            Some(token @ TokenWithSpan { token: Token::SingleQuotedString(_), .. }) => vec![token.clone()],
            _ => return self.refuse("<string>"),
        };
        self.at += 1;
        let mut passed = Vec::new();
        if self.words(&["passing"]) {
            loop {
                let value = self.until(|call, at| call.is(at, "as") || call.is(at, "format"))?;
                if self.format_json()? || !self.words(&["as"]) {
                    return self.refuse("'AS' <name>");
                }
                let Some(TokenWithSpan { token: Token::Word(name), .. }) = self.rest.get(self.at) else {
                    return self.refuse("<name>");
                };
                passed.extend([self.token(Token::Comma), self.text(&name.value), self.token(Token::Comma)]);
                passed.extend(value);
                self.at += 1;
                if !self.symbol(&Token::Comma) {
                    break;
                }
            }
        }
        Ok([input, path, passed])
    }

    fn token(&self, token: Token) -> TokenWithSpan {
        TokenWithSpan::new(token, self.span)
    }

    fn text(&self, text: &str) -> TokenWithSpan {
        self.token(Token::SingleQuotedString(text.to_owned()))
    }

    /// A call with these arguments, and more tokens behind them.
    fn call(&self, name: &str, args: Vec<Tokens>, more: Tokens) -> Tokens {
        let mut tokens = vec![word(name, self.span), self.token(Token::LParen)];
        for (index, arg) in args.into_iter().enumerate() {
            if index > 0 {
                tokens.push(self.token(Token::Comma));
            }
            tokens.extend(arg);
        }
        tokens.extend(more);
        tokens.push(self.token(Token::RParen));
        tokens
    }

    /// `RETURNING type [FORMAT JSON]`: the words of the type.
    fn returning(&mut self) -> Result<Option<String>, SqlError> {
        if !self.words(&["returning"]) {
            return Ok(None);
        }
        let tokens = self.until(|call, at| {
            let of_type = ["with", "without"].iter().any(|it| call.is(at, it)) && call.is(at + 1, "time");
            (call.clause(at) || call.is(at, "format")) && !of_type
        })?;
        self.format_json()?;
        let words: Vec<String> = tokens.iter().map(|token| token.token.to_string()).collect();
        Ok(Some(words.join(" ")))
    }

    fn exists(&mut self) -> Result<Tokens, SqlError> {
        let [input, path, passed] = self.path()?;
        let behaviour =
            ["true", "false", "unknown", "error"].into_iter().find(|it| self.words(&[it, "on", "error"]));
        let behaviour = vec![self.text(behaviour.unwrap_or("false"))];
        Ok(self.call("$json_exists", vec![input, path, behaviour], passed))
    }

    /// `NULL | ERROR | DEFAULT x ON EMPTY`, or `ON ERROR`.
    fn behaviour(&mut self, on: &str) -> Result<(&'static str, Option<Tokens>), SqlError> {
        for what in ["null", "error"] {
            if self.words(&[what, "on", on]) {
                return Ok((what, None));
            }
        }
        let start = self.at;
        if self.words(&["default"]) {
            let value = self.until(|call, at| call.is(at, "on"))?;
            if self.words(&["on", on]) {
                return Ok(("default", Some(value)));
            }
            self.at = start;
        }
        Ok(("null", None))
    }

    fn value(&mut self) -> Result<Tokens, SqlError> {
        let [input, path, passed] = self.path()?;
        let returns = self.returning()?;
        let (on_empty, if_empty) = self.behaviour("empty")?;
        let (on_error, if_error) = self.behaviour("error")?;
        let clauses = vec![input, path, vec![self.text(on_empty)], vec![self.text(on_error)]];
        let cast = |call: &Self, tokens: Tokens, name: &str| match &returns {
            Some(to) => call.call(name, vec![tokens, vec![call.text(to)]], Vec::new()),
            None => tokens,
        };
        let name = if on_error == "error" { "$cast" } else { "$try_cast" };
        let value = cast(self, self.call("$json_value", clauses.clone(), passed.clone()), name);
        if if_empty.is_none() && if_error.is_none() {
            return Ok(value);
        }
        let mut tokens = vec![self.keyword("case")];
        tokens.extend(self.call("$json_state", clauses.clone(), passed.clone()));
        let value = match (&returns, &if_error) {
            // A scalar that is not of the type is an error, too.
            (Some(_), Some(instead)) => {
                let scalar = self.call("$json_value", clauses.clone(), passed.clone());
                let mut otherwise = vec![self.keyword("case"), self.keyword("when")];
                otherwise.extend(scalar);
                otherwise.extend(["is", "not", "null", "then"].map(|word| self.keyword(word)));
                otherwise.extend(cast(self, instead.clone(), "$cast"));
                otherwise.push(self.keyword("end"));
                self.call("coalesce", vec![value, otherwise], Vec::new())
            }
            _ => value,
        };
        for (state, instead) in [("1", if_empty), ("2", if_error)] {
            if let Some(instead) = instead {
                tokens.extend([self.keyword("when"), self.token(Token::Number(state.to_owned(), false))]);
                tokens.push(self.keyword("then"));
                tokens.extend(cast(self, instead, "$cast"));
            }
        }
        tokens.push(self.keyword("else"));
        tokens.extend(value);
        tokens.push(self.keyword("end"));
        tokens.insert(0, self.token(Token::LParen));
        tokens.push(self.token(Token::RParen));
        Ok(tokens)
    }

    fn keyword(&self, text: &str) -> TokenWithSpan {
        self.token(Token::make_word(text, None))
    }

    fn query(&mut self) -> Result<Tokens, SqlError> {
        let [input, path, passed] = self.path()?;
        let returns = self.returning()?;
        let wrappers: [(&[&str], &str); 4] = [
            (&["without"], "without"),
            (&["with", "conditional"], "conditional"),
            (&["with", "unconditional"], "unconditional"),
            (&["with"], "unconditional"),
        ];
        let wrapper = wrappers.into_iter().find(|(words, _)| self.words(words)).map(|(_, name)| name);
        if wrapper.is_some() {
            self.skip(&["array"]);
            if !self.words(&["wrapper"]) {
                return self.refuse("'WRAPPER'");
            }
        }
        let wrapper = wrapper.unwrap_or("without");
        let mut quotes = "keep";
        for name in ["keep", "omit"] {
            if self.words(&[name, "quotes"]) {
                self.skip(&["on", "scalar", "string"]);
                quotes = name;
            }
        }
        let (on_empty, on_error) = (self.json_behaviour("empty"), self.json_behaviour("error"));
        let texts = [wrapper, quotes, on_empty, on_error].map(|clause| vec![self.text(clause)]);
        let call = self.call("$json_query", [input, path].into_iter().chain(texts).collect(), passed);
        Ok(self.returned(call, returns))
    }

    /// `NULL | ERROR | EMPTY ARRAY | EMPTY OBJECT ON EMPTY`, or `ON ERROR`.
    fn json_behaviour(&mut self, on: &str) -> &'static str {
        let plain = ["null", "error"].into_iter().find(|it| self.words(&[it, "on", on]));
        let empty =
            plain.or_else(|| ["array", "object"].into_iter().find(|it| self.words(&["empty", it, "on", on])));
        empty.unwrap_or("null")
    }

    /// The JSON text as the type of RETURNING.
    fn returned(&self, call: Tokens, returns: Option<String>) -> Tokens {
        match returns {
            Some(to) => self.call("$cast", vec![call, vec![self.text(&to)]], Vec::new()),
            None => call,
        }
    }
}
