//! The JSON functions of the SQL standard, whose arguments have keywords: `json_value(x, 'lax $.a' RETURNING bigint NULL
//! ON ERROR)`. Each becomes a plain call of an internal function, token by token, before the statement is parsed.

use datafusion::sql::sqlparser::tokenizer::{Span, Token, TokenWithSpan};

use super::error::SqlError;
use super::json_names::moved;
use super::tokens::{is_word, syntax, word};

type Tokens = Vec<TokenWithSpan>;

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

/// A plain call in place of a call of this name, whose arguments are the tokens between its parentheses.
pub(super) fn read(
    name: &str,
    span: Span,
    arguments: &[TokenWithSpan],
    end: Span,
) -> Result<Tokens, SqlError> {
    Call { span, rest: arguments, at: 0, end }.read(name)
}

impl Call<'_> {
    fn read(mut self, name: &str) -> Result<Tokens, SqlError> {
        let read = match name {
            "json_exists" => self.exists(),
            "json_value" => self.value(),
            "json_query" => self.query(),
            "json_object" => self.object(),
            _ => self.array(),
        }?;
        if self.at < self.rest.len() { self.refuse("')'") } else { Ok(read) }
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

    /// A value, and whether it is JSON: by `FORMAT JSON`, or as the result of a function that makes JSON.
    fn json_value(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Result<[Tokens; 2], SqlError> {
        let value =
            self.until(|call, at| ends(call, at) || call.is(at, "format") && call.is(at + 1, "json"))?;
        let makes_json = |token: &TokenWithSpan| match &token.token {
            Token::Word(word) => {
                ["$json_object", "$json_array", "$json_query"].contains(&word.value.as_str())
            }
            _ => false,
        };
        let is_json = self.format_json()? || value.first().is_some_and(makes_json);
        Ok([value, vec![self.text(if is_json { "json" } else { "value" })]])
    }

    fn nulls(&mut self, usual: &'static str) -> &'static str {
        ["null", "absent"].into_iter().find(|it| self.words(&[it, "on", "null"])).unwrap_or(usual)
    }

    /// Whether the list of values ends at a token.
    fn list_ends(&self, at: usize) -> bool {
        self.comma(at) || self.clause(at) || self.is(at, "absent")
    }

    fn object(&mut self) -> Result<Tokens, SqlError> {
        let mut members = Vec::new();
        while self.at < self.rest.len() && !self.is(self.at, "returning") {
            self.skip(&["key"]);
            let key = self.until(|call, at| call.is(at, "value") || call.rest[at].token == Token::Colon)?;
            if !self.symbol(&Token::Colon) && !self.words(&["value"]) {
                return self.refuse("':' or 'VALUE'");
            }
            members.push(key);
            members.extend(self.json_value(Self::list_ends)?);
            if !self.symbol(&Token::Comma) {
                break;
            }
        }
        let nulls = self.nulls("null");
        let unique = self.words(&["with", "unique"]);
        if !unique {
            self.skip(&["without", "unique"]);
        }
        self.skip(&["keys"]);
        let returns = self.returning()?;
        let unique = if unique { "unique" } else { "any" };
        let clauses = [nulls, unique].map(|clause| vec![self.text(clause)]);
        let call = self.call("$json_object", clauses.into_iter().chain(members).collect(), Vec::new());
        Ok(self.returned(call, returns))
    }

    fn array(&mut self) -> Result<Tokens, SqlError> {
        let mut values = Vec::new();
        while self.at < self.rest.len() && !self.is(self.at, "returning") {
            values.extend(self.json_value(Self::list_ends)?);
            if !self.symbol(&Token::Comma) {
                break;
            }
        }
        let nulls = self.nulls("absent");
        let nulls = vec![self.text(nulls)];
        let returns = self.returning()?;
        let call = self.call("$json_array", std::iter::once(nulls).chain(values).collect(), Vec::new());
        Ok(self.returned(call, returns))
    }
}
