//! From Joni's syntax to that of the engines: every construct is written so that both engines read it alike.

use super::part::Part;

/// A pattern for the engines.
#[derive(Debug, Default)]
pub struct Translated {
    pub text: String,
    /// Whether it needs the second engine.
    pub backtracks: bool,
    /// Whether it depends on a line feed at the end of the text.
    pub asks_for_end: bool,
    /// Whether it repeats a part that can be empty and has groups, alternatives or a lazy quantifier: every engine
    /// stops such a loop at another place.
    pub loops_on_nothing: bool,
    /// How many groups it has.
    pub groups: usize,
    /// Groups with names.
    pub names: Vec<(String, usize)>,
}

/// Why a pattern cannot be translated.
#[derive(Debug)]
pub enum Failure {
    /// Athena refuses the pattern, too.
    Invalid(String),
    /// Athena reads it; no engine here reads it alike.
    Unsupported(String),
}

pub(super) type Read<T> = Result<T, Failure>;

pub(super) fn invalid<T>(reason: &str) -> Read<T> {
    Err(Failure::Invalid(reason.to_owned()))
}

pub(super) fn unsupported<T>(what: impl Into<String>) -> Read<T> {
    Err(Failure::Unsupported(what.into()))
}

/// Which texts a translation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Texts that do not end with a line feed.
    Text,
    /// Texts that do.
    LineFeed,
}

/// Translates a pattern.
pub fn translate(pattern: &str, ends: Ends) -> Read<Translated> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut reader = Reader {
        total: count_groups(&chars),
        chars,
        at: 0,
        flags: Flags::default(),
        ends,
        behind: [0, 0],
        closed: Vec::new(),
        quotes: false,
        depth: 0,
        out: Translated::default(),
    };
    reader.alternatives()?;
    if reader.peek().is_some() {
        return invalid("unmatched close parenthesis");
    }
    Ok(reader.out)
}

/// How many groups a pattern has, roughly: parentheses that capture, outside of brackets.
fn count_groups(chars: &[char]) -> usize {
    let (mut groups, mut at, mut brackets) = (0, 0, 0_usize);
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            '(' if brackets == 0 => {
                let plain = chars.get(at + 1) != Some(&'?');
                let named = chars.get(at + 2) == Some(&'\'')
                    || chars.get(at + 2) == Some(&'<') && !matches!(chars.get(at + 3), Some('=' | '!'));
                groups += usize::from(plain || named);
            }
            _ => {}
        }
        at += 1;
    }
    groups
}

/// The options that are on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flags {
    pub ignore_case: bool,
    pub multi_line: bool,
    pub dot_all: bool,
    pub extended: bool,
}

/// How deep groups and sets may be nested, together.
const DEPTH: usize = 100;

/// Reads a pattern and writes its translation.
pub(super) struct Reader {
    pub(super) chars: Vec<char>,
    pub(super) at: usize,
    pub(super) flags: Flags,
    pub(super) ends: Ends,
    /// How many groups the whole pattern has.
    pub(super) total: usize,
    /// Around it: look-behind, and look-behind that must not match.
    pub(super) behind: [usize; 2],
    /// The groups that are complete.
    pub(super) closed: Vec<usize>,
    /// Whether it is between `\Q` and `\E`.
    pub(super) quotes: bool,
    pub(super) depth: usize,
    pub(super) out: Translated,
}

/// A character, or a set in brackets that it stands for.
pub(super) enum Escaped {
    Char(char),
    Set(String),
}

impl Reader {
    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let mut rest = self.chars[self.at..].iter();
        let eats = text.chars().all(|c| rest.next() == Some(&c));
        if eats {
            self.at += text.chars().count();
        }
        eats
    }

    pub(super) fn push(&mut self, text: &str) {
        self.out.text.push_str(text);
    }

    /// Goes into a group or a set; every level is a call on the stack.
    pub(super) fn deeper(&mut self, what: &str) -> Read<()> {
        self.depth += 1;
        if self.depth > DEPTH { unsupported(format!("so many nested {what}")) } else { Ok(()) }
    }

    /// Alternatives up to a closing parenthesis or the end.
    pub(super) fn alternatives(&mut self) -> Read<Part> {
        self.deeper("groups")?;
        let mut all = vec![self.sequence()?];
        while self.eat("|") {
            self.push("|");
            all.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(Part::any_of(&all))
    }

    /// Parts up to `|`, a closing parenthesis or the end.
    fn sequence(&mut self) -> Read<Part> {
        let mut all: Option<Part> = None;
        loop {
            self.skip()?;
            let Some(c) = self.peek() else { break };
            if !self.quotes && matches!(c, ')' | '|') {
                break;
            }
            let part = self.quantified()?;
            all = Some(all.map_or(part, |all| all.then(part)));
        }
        Ok(all.unwrap_or(Part::NOTHING))
    }

    /// Skips what means nothing: comments and, with `(?x)`, white space; `\Q` and `\E`.
    fn skip(&mut self) -> Read<()> {
        loop {
            if self.quotes {
                if !self.eat("\\E") {
                    return Ok(());
                }
                self.quotes = false;
            } else if self.eat("\\Q") {
                if self.peek().is_none() || self.eat("\\E") {
                    return unsupported("an empty \\Q\\E");
                }
                self.quotes = true;
            } else if self.eat("(?#") {
                self.comment()?;
            } else if self.flags.extended && self.peek().is_some_and(|c| c.is_ascii_whitespace()) {
                self.at += 1;
            } else if self.flags.extended && self.eat("#") {
                while self.next().is_some_and(|c| c != '\n') {}
            } else {
                return Ok(());
            }
        }
    }

    /// One atom with its quantifiers.
    fn quantified(&mut self) -> Read<Part> {
        let start = self.out.text.len();
        let mut part = self.atom()?;
        let mut is_plain = None;
        let mut wrapped = 0;
        self.skip()?;
        while let Some((min, max)) = self.quantifier()? {
            match is_plain {
                None => {}
                Some(false) => return unsupported("a quantifier behind a lazy or a possessive one"),
                Some(true) if wrapped == DEPTH => return unsupported("so many quantifiers of one part"),
                Some(true) => {
                    wrapped += 1;
                    self.out.text.insert_str(start, "(?:");
                    self.push(")");
                }
            }
            is_plain = Some(true);
            let text = match (min, max) {
                (0, None) => "*".to_owned(),
                (1, None) => "+".to_owned(),
                (0, Some(1)) => "?".to_owned(),
                (min, None) => format!("{{{min},}}"),
                (min, Some(max)) => format!("{{{min},{max}}}"),
            };
            self.push(&text);
            self.out.loops_on_nothing |= part.empty && part.tricky && max != Some(1) && max != Some(0);
            part = part.repeated(min, max);
            if self.eat("?") {
                self.push("?");
                part.tricky = true;
                is_plain = Some(false);
            } else if self.eat("+") {
                if (min, max) != (1, Some(1)) {
                    self.refuse_behind()?;
                }
                self.out.text.insert_str(start, "(?>");
                self.push(")");
                self.out.backtracks = true;
                is_plain = Some(false);
            }
            self.skip()?;
        }
        Ok(part)
    }

    /// The bounds of `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`. Other braces are literal.
    pub(super) fn quantifier(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        if self.quotes {
            return Ok(None);
        }
        let simple = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => return self.braces(),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(simple))
    }

    fn braces(&mut self) -> Read<Option<(u32, Option<u32>)>> {
        let before = self.at;
        self.at += 1;
        let min = self.digits();
        let has_comma = min.is_some() && self.eat(",");
        let max = if has_comma { self.digits() } else { None };
        let (Some(min), true) = (min, self.eat("}")) else {
            self.at = before;
            return Ok(None);
        };
        let (Ok(min), Ok(max)) = (min.parse::<u32>(), max.map(|max| max.parse::<u32>()).transpose()) else {
            return invalid("too big number for repeat range");
        };
        if min > 100_000 || max.is_some_and(|max| max > 100_000) {
            return invalid("too big number for repeat range");
        }
        if max.is_some_and(|max| max < min) {
            return invalid("upper is smaller than lower in repeat range");
        }
        Ok(Some((min, if has_comma { max } else { Some(min) })))
    }

    pub(super) fn digits(&mut self) -> Option<String> {
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        (!digits.is_empty()).then_some(digits)
    }

    /// One atom.
    fn atom(&mut self) -> Read<Part> {
        if self.quantifier()?.is_some() {
            return invalid("target of repeat operator is not specified");
        }
        let Some(c) = self.next() else { return Ok(Part::NOTHING) };
        match c {
            c if self.quotes => self.literal(c)?,
            '(' => return self.group(),
            '[' => {
                let set = self.brackets()?;
                self.push(&set);
            }
            '\\' => return self.escape(),
            '.' => self.push(if self.flags.dot_all { "(?s:.)" } else { "[^\\n]" }),
            '^' if self.flags.multi_line => {
                self.out.asks_for_end = true;
                match self.ends {
                    Ends::Text => self.push("(?m:^)"),
                    Ends::LineFeed => {
                        self.out.backtracks = true;
                        self.push("(?:\\A|(?<=\\n)(?!\\z))");
                    }
                }
                return Ok(Part::NOTHING);
            }
            '^' => {
                self.push("\\A");
                return Ok(Part::NOTHING);
            }
            '$' if self.flags.multi_line => {
                self.push("(?m:$)");
                return Ok(Part::NOTHING);
            }
            '$' => {
                self.end()?;
                return Ok(Part::NOTHING);
            }
            c => self.literal(c)?,
        }
        Ok(Part::CHARACTER)
    }

    /// The end of the text, or before a line feed there.
    pub(super) fn end(&mut self) -> Read<()> {
        self.refuse_behind()?;
        self.out.asks_for_end = true;
        match self.ends {
            Ends::Text => self.push("\\z"),
            Ends::LineFeed => {
                self.out.backtracks = true;
                self.push("(?=\\n?\\z)");
            }
        }
        Ok(())
    }
}
