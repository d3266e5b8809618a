//! From Joni's syntax to that of the engines: every construct is written so that both engines read it alike.

/// A pattern for the engines.
#[derive(Debug, Default)]
pub struct Translated {
    pub text: String,
    /// Whether it needs the second engine.
    pub backtracks: bool,
    /// Whether it matters to it that a text ends with a line feed.
    pub asks_for_end: bool,
    /// Whether it repeats what can be empty and has groups, alternatives or a lazy quantifier in it: how often an
    /// engine goes round then is its own affair.
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
        closed: Vec::new(),
        atom: None,
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

/// What matters of a part for a quantifier behind it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    /// Whether it can match nothing.
    pub empty: bool,
    /// Whether it has groups, alternatives or a lazy quantifier.
    pub tricky: bool,
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
    /// The groups that are complete.
    pub(super) closed: Vec<usize>,
    /// Where the last atom begins in the translation, if a quantifier belongs to a part of what was read only.
    pub(super) atom: Option<usize>,
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
        let mut all = Part::default();
        let mut one = Part { empty: true, tricky: false };
        while let Some(c) = self.peek() {
            match c {
                ')' => break,
                '|' => {
                    self.at += 1;
                    self.push("|");
                    all = Part { empty: all.empty || one.empty, tricky: true };
                    one.empty = true;
                }
                _ => {
                    let part = self.quantified()?;
                    one.empty &= part.empty;
                    all.tricky |= part.tricky;
                }
            }
        }
        self.depth -= 1;
        Ok(Part { empty: all.empty || one.empty, tricky: all.tricky })
    }

    /// One atom with its quantifiers.
    fn quantified(&mut self) -> Read<Part> {
        let start = self.out.text.len();
        let Some(mut part) = self.atom()? else { return Ok(Part { empty: true, tricky: false }) };
        let start = self.atom.take().unwrap_or(start);
        let mut is_plain = None;
        let mut wrapped = 0;
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
            if self.eat("?") {
                self.push("?");
                part.tricky = true;
                is_plain = Some(false);
            } else if self.eat("+") {
                self.out.text.insert_str(start, "(?>");
                self.push(")");
                self.out.backtracks = true;
                is_plain = Some(false);
            }
            part.empty |= min == 0;
        }
        Ok(part)
    }

    /// The bounds of `*`, `+`, `?`, `{n}`, `{n,}`, `{n,m}`. Other braces are literal.
    pub(super) fn quantifier(&mut self) -> Read<Option<(u32, Option<u32>)>> {
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

    /// One atom; `None` for a comment or white space that means nothing.
    fn atom(&mut self) -> Read<Option<Part>> {
        let before = self.at;
        if self.quantifier()?.is_some() {
            return invalid("target of repeat operator is not specified");
        }
        let Some(c) = self.next() else { return Ok(None) };
        let assertion = Part { empty: true, tricky: false };
        match c {
            '(' => return self.group(),
            '[' => {
                let set = self.brackets()?;
                self.push(&set);
            }
            '\\' => return self.escape().map(Some),
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
                return Ok(Some(assertion));
            }
            '^' => {
                self.push("\\A");
                return Ok(Some(assertion));
            }
            '$' if self.flags.multi_line => {
                self.push("(?m:$)");
                return Ok(Some(assertion));
            }
            '$' => {
                self.end();
                return Ok(Some(assertion));
            }
            c if self.flags.extended && c.is_ascii_whitespace() => return Ok(None),
            '#' if self.flags.extended => {
                while self.next().is_some_and(|c| c != '\n') {}
                return Ok(None);
            }
            'ß' | 'ẞ' if self.flags.ignore_case => return unsupported("ß without regard to case"),
            c => self.literal(c),
        }
        debug_assert!(self.at > before, "something was read");
        Ok(Some(Part::default()))
    }

    pub(super) fn literal(&mut self, c: char) {
        if "\\.+*?()|[]{}^$".contains(c) {
            self.out.text.push('\\');
        }
        self.out.text.push(c);
    }

    /// The end of the text, or before a line feed there.
    pub(super) fn end(&mut self) {
        self.out.asks_for_end = true;
        match self.ends {
            Ends::Text => self.push("\\z"),
            Ends::LineFeed => {
                self.out.backtracks = true;
                self.push("(?=\\n?\\z)");
            }
        }
    }
}
