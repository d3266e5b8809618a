//! Reads the text of a path.

use super::PathError;
use super::item::Item;
use super::path::{Expression, Method, Predicate, Step};

/// The comparisons; a longer one comes before its beginning.
const COMPARISONS: [(&str, &str); 8] =
    [("==", "="), ("<>", "<>"), ("!=", "<>"), ("<=", "<="), (">=", ">="), ("=", "="), ("<", "<"), (">", ">")];

/// How deep expressions may nest.
const MAX_DEPTH: usize = 50;

/// A position in the text of a path.
pub(super) struct Reader<'a> {
    text: &'a str,
    rest: &'a str,
    depth: usize,
}

type Read<T> = Result<T, PathError>;

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, rest: text, depth: 0 }
    }

    fn refuse<T>(&self, expected: &str) -> Read<T> {
        let at = self.text.len() - self.rest.len();
        let column = self.text[..at].chars().count() + 1;
        Err(format!("Invalid JSON path '{}': expected {expected} at character {column}", self.text))
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, symbol: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Takes a word, if it is the next one.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.space();
        let length = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let is = self.rest[..length].eq_ignore_ascii_case(word);
        if is {
            self.rest = &self.rest[length..];
        }
        is
    }

    pub(super) fn end(&mut self) -> Read<()> {
        self.space();
        if self.rest.is_empty() { Ok(()) } else { self.refuse("the end") }
    }

    fn close(&mut self, symbol: &str) -> Read<()> {
        if self.eat(symbol) { Ok(()) } else { self.refuse(&format!("'{symbol}'")) }
    }

    pub(super) fn expression(&mut self) -> Read<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.refuse("less nesting");
        }
        let mut left = self.product()?;
        loop {
            let sign = if self.eat("+") {
                '+'
            } else if self.eat("-") {
                '-'
            } else {
                break;
            };
            left = Expression::Operation(Box::new(left), sign, Box::new(self.product()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn product(&mut self) -> Read<Expression> {
        let mut left = self.signed()?;
        loop {
            let Some(sign) = ['*', '/', '%'].into_iter().find(|sign| self.eat(&sign.to_string())) else {
                return Ok(left);
            };
            left = Expression::Operation(Box::new(left), sign, Box::new(self.signed()?));
        }
    }

    fn signed(&mut self) -> Read<Expression> {
        for (symbol, negative) in [("-", true), ("+", false)] {
            if self.eat(symbol) {
                return Ok(Expression::Signed(negative, Box::new(self.signed()?)));
            }
        }
        let mut of = self.primary()?;
        while let Some(step) = self.step()? {
            of = Expression::Step(Box::new(of), step);
        }
        Ok(of)
    }

    fn primary(&mut self) -> Read<Expression> {
        self.space();
        if self.eat("(") {
            let inner = self.expression()?;
            self.close(")")?;
            return Ok(inner);
        }
        if let Some(rest) = self.rest.strip_prefix('$') {
            self.rest = rest;
            let name = self.name();
            return Ok(if name.is_empty() { Expression::Root } else { Expression::Passed(name) });
        }
        if self.eat("@") {
            return Ok(Expression::Current);
        }
        if self.rest.starts_with('"') {
            return Ok(Expression::Literal(Item::Text(self.string()?)));
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return self.number().map(Expression::Literal);
        }
        for (word, value) in
            [("true", Item::Boolean(true)), ("false", Item::Boolean(false)), ("null", Item::Null)]
        {
            if self.word(word) {
                return Ok(Expression::Literal(value));
            }
        }
        if self.word("last") { Ok(Expression::Last) } else { self.refuse("'$', '@', a literal or '('") }
    }

    fn name(&mut self) -> String {
        let begins = self.rest.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let length = if begins { end } else { 0 };
        let name = self.rest[..length].to_owned();
        self.rest = &self.rest[length..];
        name
    }

    /// A string in double quotes; a quote in it is doubled.
    fn string(&mut self) -> Read<String> {
        let mut found = String::new();
        let mut rest = &self.rest[1..];
        loop {
            let Some(end) = rest.find('"') else { return self.refuse("a closing quote") };
            found.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            match rest.strip_prefix('"') {
                Some(more) => {
                    found.push('"');
                    rest = more;
                }
                None => break,
            }
        }
        self.rest = rest;
        Ok(found)
    }

    fn number(&mut self) -> Read<Item> {
        let mut end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let exponent = self.rest[end..].strip_prefix(['e', 'E']).map(|rest| {
            let sign = usize::from(rest.starts_with(['+', '-']));
            let digits = rest[sign..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - sign);
            1 + sign + digits
        });
        end += exponent.unwrap_or(0);
        let text = &self.rest[..end];
        let number = text.parse().map(Item::Integer).ok().or_else(|| text.parse().map(Item::Double).ok());
        match number {
            Some(number) => {
                self.rest = &self.rest[end..];
                Ok(number)
            }
            None => self.refuse("a number"),
        }
    }

    fn step(&mut self) -> Read<Option<Step>> {
        if self.eat("..") {
            let name = self.key()?;
            return Ok(Some(Step::Descendants(name)));
        }
        if self.eat(".") {
            if self.eat("*") {
                return Ok(Some(Step::Members));
            }
            let name = self.key()?;
            if self.rest.starts_with('(') {
                return self.method(&name).map(Some);
            }
            return Ok(Some(Step::Member(name)));
        }
        if self.eat("[") {
            if self.eat("*") {
                self.close("]")?;
                return Ok(Some(Step::Elements));
            }
            let mut subscripts = Vec::new();
            loop {
                let first = self.expression()?;
                let last = if self.word("to") { Some(self.expression()?) } else { None };
                subscripts.push((first, last));
                if !self.eat(",") {
                    break;
                }
            }
            self.close("]")?;
            return Ok(Some(Step::Subscripts(subscripts)));
        }
        if self.eat("?") {
            self.close("(")?;
            let predicate = self.predicate()?;
            self.close(")")?;
            return Ok(Some(Step::Filter(Box::new(predicate))));
        }
        Ok(None)
    }

    fn key(&mut self) -> Read<String> {
        self.space();
        if self.rest.starts_with('"') {
            return self.string();
        }
        let name = self.name();
        if name.is_empty() { self.refuse("a key") } else { Ok(name) }
    }

    fn method(&mut self, name: &str) -> Read<Step> {
        let method = match name {
            "type" => Method::Type,
            "size" => Method::Size,
            "double" => Method::Double,
            "ceiling" => Method::Ceiling,
            "floor" => Method::Floor,
            "abs" => Method::Abs,
            "keyvalue" => Method::KeyValue,
            _ => return self.refuse("another method: type, size, double, ceiling, floor, abs or keyvalue"),
        };
        self.close("(")?;
        self.close(")")?;
        Ok(Step::Method(method))
    }

    fn predicate(&mut self) -> Read<Predicate> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.refuse("less nesting");
        }
        let mut left = self.conjunction()?;
        while self.eat("||") {
            left = Predicate::Or(Box::new(left), Box::new(self.conjunction()?));
        }
        self.depth -= 1;
        Ok(left)
    }

    fn conjunction(&mut self) -> Read<Predicate> {
        let mut left = self.condition()?;
        while self.eat("&&") {
            left = Predicate::And(Box::new(left), Box::new(self.condition()?));
        }
        Ok(left)
    }

    fn condition(&mut self) -> Read<Predicate> {
        self.space();
        if !self.rest.starts_with("!=") && self.eat("!") {
            return Ok(Predicate::Not(Box::new(self.condition()?)));
        }
        if self.word("exists") {
            self.close("(")?;
            let of = self.expression()?;
            self.close(")")?;
            return Ok(Predicate::Exists(of));
        }
        // A parenthesis holds a condition, or a part of an expression.
        let before = (self.rest, self.depth);
        if self.eat("(")
            && let Ok(inner) = self.predicate()
            && self.eat(")")
        {
            if self.word("is") {
                return match self.word("unknown") {
                    true => Ok(Predicate::IsUnknown(Box::new(inner))),
                    false => self.refuse("'unknown'"),
                };
            }
            let goes_on = COMPARISONS.iter().any(|(symbol, _)| self.rest.trim_start().starts_with(symbol));
            if !goes_on {
                return Ok(inner);
            }
        }
        (self.rest, self.depth) = before;
        let left = self.expression()?;
        if self.word("starts") {
            if !self.word("with") {
                return self.refuse("'with'");
            }
            return Ok(Predicate::StartsWith(left, self.expression()?));
        }
        let found = COMPARISONS.into_iter().find(|(symbol, _)| self.eat(symbol));
        match found {
            Some((_, comparison)) => Ok(Predicate::Compare(left, comparison, self.expression()?)),
            None => self.refuse("a comparison"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::Path;

    #[test]
    fn paths_of_the_standard_are_read_and_others_refused_with_their_place() {
        for path in [
            "lax $",
            "lax $.a",
            "strict $.\"a b\"[0]",
            "lax $[1, 3 to last]",
            "lax $.a[*].b ? (@.c > 1 && !(@.d == \"x\") || exists(@.e))",
            "lax $.* ? ((@.a + 1) * 2 <= 4)",
            "lax $..a.size()",
            "lax $.a ? (@ starts with \"x\")",
            "lax $x + 1.5e2 - -2 % 3",
            "lax $ ? ((@ == 1) is unknown)",
        ] {
            assert!(Path::parse(path).is_ok(), "{path}: {:?}", Path::parse(path));
        }
        for (path, place) in
            [("lax a", 5), ("lax $.", 7), ("lax $[", 7), ("lax $ ? (@)", 11), ("lax $.a b", 9)]
        {
            let error = Path::parse(path).unwrap_err();
            assert!(error.ends_with(&format!("at character {place}")), "{path}: {error}");
        }
        assert!(Path::parse("$").unwrap_err().ends_with("it must begin with 'lax' or 'strict'"));
        assert!(Path::parse(&format!("lax {}", "(".repeat(10_000))).is_err());
    }
}
