//! Sets in brackets, and the escapes that stand for characters or for sets.

use super::reader::{Escaped, Read, Reader, invalid, unsupported};

/// A character inside of brackets.
fn inside(c: char) -> String {
    if c.is_alphanumeric() { c.to_string() } else { format!("\\x{{{:X}}}", c as u32) }
}

/// The content of brackets for a class that Joni knows by name: in `[[:name:]]` and `\p{name}`.
fn class(name: &str) -> Read<Option<&'static str>> {
    Ok(Some(match name {
        "alpha" => r"\p{Alphabetic}",
        "digit" => r"\p{Nd}",
        "alnum" => r"\p{Alphabetic}\p{Nd}",
        "upper" => r"\p{Uppercase}",
        "lower" => r"\p{Lowercase}",
        "space" => r"\p{White_Space}",
        "punct" => r"\p{P}",
        "xdigit" => "0-9A-Fa-f",
        "blank" => r"\t\p{Zs}",
        "ascii" => r"\x00-\x7F",
        "word" => r"\w",
        "cntrl" | "graph" | "print" => return unsupported(format!("the class {name}")),
        _ => return Ok(None),
    }))
}

/// Categories and scripts that both name alike.
const PROPERTIES: &[&str] = &[
    "any", "c", "cc", "cf", "co", "l", "ll", "lm", "lo", "lt", "lu", "m", "mc", "me", "mn", "n", "nd", "nl",
    "no", "p", "pc", "pd", "pe", "pf", "pi", "po", "ps", "s", "sc", "sk", "sm", "so", "z", "zl", "zp", "zs",
    "arabic", "cyrillic", "greek", "han", "hangul", "hebrew", "hiragana", "katakana", "latin", "thai",
];

impl Reader {
    /// What follows `[`, up to its `]`.
    pub(super) fn brackets(&mut self) -> Read<String> {
        self.deeper("sets")?;
        let mut set = String::from(if self.eat("^") { "[^" } else { "[" });
        let begin = set.len();
        let (mut is_first, mut last) = (true, '\0');
        loop {
            let Some(c) = self.next() else { return invalid("premature end of char-class") };
            match c {
                ']' if !is_first => break,
                ']' if !self.chars[self.at..].contains(&']') => return invalid("empty char-class"),
                '&' if self.peek() == Some('&') => {
                    self.at += 1;
                    if set.len() == begin || set.ends_with("&&") || self.peek() == Some(']') {
                        return unsupported("an intersection with nothing");
                    }
                    set.push_str("&&");
                }
                '[' => self.nested(&mut last, &mut set)?,
                c => self.item(c, &mut last, &mut set)?,
            }
            is_first = false;
        }
        set.push(']');
        self.depth -= 1;
        Ok(set)
    }

    /// What follows `[` inside of brackets: `[:name:]`, or a set.
    fn nested(&mut self, last: &mut char, set: &mut String) -> Read<()> {
        let before = self.at;
        if self.eat(":") {
            let negated = self.eat("^");
            let mut name = String::new();
            while let Some(c) = self.peek().filter(char::is_ascii_alphabetic) {
                name.push(c);
                self.at += 1;
            }
            if self.eat(":]") {
                let Some(class) = class(&name)? else { return invalid("invalid POSIX bracket type") };
                set.push_str(&format!("[{}{class}]", if negated { "^" } else { "" }));
                return if self.hyphen_follows() { self.range(*last, last, set) } else { Ok(()) };
            }
            self.at = before;
        }
        let inner = self.brackets()?;
        set.push_str(&inner);
        if self.hyphen_follows() {
            return unsupported("a hyphen behind a set in brackets");
        }
        Ok(())
    }

    /// A character, a range or an escape; `last` is the last single character before it.
    fn item(&mut self, c: char, last: &mut char, set: &mut String) -> Read<()> {
        match self.one(c)? {
            Escaped::Char(low) => *last = low,
            // Joni reads `\w-.` as `\w` and a range that begins with the last single character, or with NUL.
            Escaped::Set(inner) => {
                set.push_str(&inner);
                return if self.hyphen_follows() { self.range(*last, last, set) } else { Ok(()) };
            }
        }
        if self.hyphen_follows() {
            return self.range(*last, last, set);
        }
        self.folded(*last, *last)?;
        set.push_str(&inside(*last));
        Ok(())
    }

    /// A range, at its hyphen.
    fn range(&mut self, low: char, last: &mut char, set: &mut String) -> Read<()> {
        self.at += 1;
        let Some(c) = self.next() else { return invalid("premature end of char-class") };
        if c == '[' || c == '&' && self.peek() == Some('&') {
            return unsupported("a range that ends with a set");
        }
        let Escaped::Char(high) = self.one(c)? else { return invalid("char-class value at end of range") };
        if high < low {
            return invalid("empty range in char class");
        }
        self.folded(low, high)?;
        set.push_str(&format!("{}-{}", inside(low), inside(high)));
        *last = high;
        if self.hyphen_follows() {
            // Joni forgets a hyphen between a range and a character.
            let rest = &self.chars[self.at + 1..];
            if !rest[0].is_ascii_alphanumeric() || rest.get(1) == Some(&'-') {
                return unsupported("a hyphen behind a range");
            }
            self.at += 1;
        }
        Ok(())
    }

    /// Whether a hyphen follows that is not the last character of the set.
    fn hyphen_follows(&self) -> bool {
        self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|next| *next != ']')
    }

    fn one(&mut self, c: char) -> Read<Escaped> {
        if c != '\\' {
            return Ok(Escaped::Char(c));
        }
        match self.peek() {
            Some('b') => {
                self.at += 1;
                Ok(Escaped::Char('\u{8}'))
            }
            Some('0'..='7') => self.octal(3).map(Escaped::Char),
            Some(c @ ('A' | 'z' | 'Z' | 'B' | 'G' | 'Q' | 'k' | '8' | '9')) => {
                self.at += 1;
                Ok(Escaped::Char(c))
            }
            _ => self.escaped(),
        }
    }

    /// A character in at most so many octal digits.
    pub(super) fn octal(&mut self, most: usize) -> Read<char> {
        let mut value = 0;
        let end = self.at + most;
        while self.at < end
            && let Some(digit) = self.peek().and_then(|c| c.to_digit(8))
        {
            value = value * 8 + digit;
            self.at += 1;
        }
        // More would be a byte of a longer character.
        char::from_u32(value)
            .filter(char::is_ascii)
            .map_or_else(|| unsupported("an octal number above 177"), Ok)
    }

    /// What follows `\`, where it stands for a character or a set.
    pub(super) fn escaped(&mut self) -> Read<Escaped> {
        let Some(c) = self.next() else { return invalid("end pattern at escape") };
        let set = |text: &str| Ok(Escaped::Set(text.to_owned()));
        Ok(Escaped::Char(match c {
            'd' => return set("[0-9]"),
            'D' => return set("[^0-9]"),
            'w' => return set("[0-9A-Za-z_]"),
            'W' => return set("[^0-9A-Za-z_]"),
            's' => return set(r"[\t\n\x0B\f\r ]"),
            'S' => return set(r"[^\t\n\x0B\f\r ]"),
            'p' | 'P' => return self.property(c == 'P').map(Escaped::Set),
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'a' => '\u{7}',
            'e' => '\u{1b}',
            'x' => return self.hexadecimal().map(Escaped::Char),
            'u' => return self.unicode().map(Escaped::Char),
            'c' => return unsupported("a control character as \\c"),
            '0' => {
                self.at -= 1;
                return self.octal(3).map(Escaped::Char);
            }
            c => c,
        }))
    }

    fn digits_of(&mut self, radix: u32, most: usize) -> String {
        let mut digits = String::new();
        while digits.len() < most
            && let Some(digit) = self.peek().filter(|c| c.is_digit(radix))
        {
            digits.push(digit);
            self.at += 1;
        }
        digits
    }

    fn hexadecimal(&mut self) -> Read<char> {
        let braces = self.eat("{");
        let digits = self.digits_of(16, if braces { 8 } else { 2 });
        if digits.is_empty() || braces && !self.eat("}") {
            return unsupported("\\x without digits");
        }
        let value = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        // Two digits above 7F would be a byte of a longer character.
        value.filter(|c| braces || c.is_ascii()).map_or_else(|| unsupported(format!("\\x{digits}")), Ok)
    }

    fn unicode(&mut self) -> Read<char> {
        let digits = self.digits_of(16, 4);
        let value = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
        value.filter(|_| digits.len() == 4).map_or_else(|| unsupported(format!("\\u{digits}")), Ok)
    }

    /// What follows `\p` or `\P`.
    fn property(&mut self, negated: bool) -> Read<String> {
        let mut name = String::new();
        if self.eat("{") {
            loop {
                match self.next() {
                    None => return invalid("a property without end"),
                    Some('}') => break,
                    Some(c) => name.push(c),
                }
            }
        } else {
            name.extend(self.next());
        }
        let known = name.to_lowercase();
        let not = if negated { "^" } else { "" };
        if let Some(class) = class(&known)? {
            return Ok(format!("[{not}{class}]"));
        }
        if PROPERTIES.contains(&known.as_str()) {
            return Ok(format!("[{not}\\p{{{known}}}]"));
        }
        if known.starts_with("is") || !known.chars().all(|c| c.is_ascii_alphabetic()) {
            return invalid(&format!("invalid character property name <{name}>"));
        }
        unsupported(format!("the property {name}"))
    }
}
