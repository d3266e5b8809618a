//! Groups: capturing, named, atomic, looking around, and with options.

use super::reader::{Part, Read, Reader, invalid, unsupported};

impl Reader {
    /// What follows `(`.
    pub(super) fn group(&mut self) -> Read<Option<Part>> {
        let flags = self.flags;
        let kind = if !self.eat("?") {
            return self.capture(None).map(Some);
        } else if self.eat(":") {
            "(?:"
        } else if self.eat("=") {
            "(?="
        } else if self.eat("!") {
            "(?!"
        } else if self.eat(">") {
            "(?>"
        } else if self.eat("<=") {
            "(?<="
        } else if self.eat("<!") {
            "(?<!"
        } else if self.eat("#") {
            loop {
                match self.next() {
                    None => return invalid("end pattern in group"),
                    Some('\\') => drop(self.next()),
                    Some(')') => return Ok(None),
                    Some(_) => {}
                }
            }
        } else if self.eat("<") {
            return self.named('>').map(Some);
        } else if self.eat("'") {
            return self.named('\'').map(Some);
        } else {
            return self.options().map(Some);
        };
        let looks = !matches!(kind, "(?:" | "(?>");
        self.out.backtracks |= kind != "(?:";
        let before = (self.out.groups, self.out.text.len());
        self.push(kind);
        let part = self.alternatives()?;
        self.close()?;
        self.flags = flags;
        if kind == "(?<!" && self.out.groups > before.0 {
            return invalid("invalid pattern in look-behind");
        }
        if kind.starts_with("(?<") && self.out.text[before.1..].contains(['*', '+', '?'].as_slice()) {
            // Joni refuses look-behind of no fixed length, except as alternatives of the whole.
            let inside = &self.out.text[before.1 + kind.len()..self.out.text.len() - 1];
            if has_quantifier(inside) {
                return invalid("invalid pattern in look-behind");
            }
        }
        Ok(Some(Part { empty: part.empty || looks, tricky: part.tricky }))
    }

    fn close(&mut self) -> Read<()> {
        if !self.eat(")") {
            return invalid("end pattern with unmatched parenthesis");
        }
        self.push(")");
        Ok(())
    }

    fn named(&mut self, end: char) -> Read<Part> {
        let mut name = String::new();
        loop {
            match self.next() {
                None => return invalid("end pattern with unmatched parenthesis"),
                Some(c) if c == end => break,
                Some(c) => name.push(c),
            }
        }
        if name.is_empty() {
            return invalid("group name is empty");
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return invalid(&format!("invalid group name <{name}>"));
        }
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return unsupported("a group name with characters other than letters, digits and `_`");
        }
        if self.out.names.iter().any(|(known, _)| *known == name) {
            return invalid(&format!("multiplex defined name <{name}>"));
        }
        self.capture(Some(name))
    }

    fn capture(&mut self, name: Option<String>) -> Read<Part> {
        let flags = self.flags;
        self.out.groups += 1;
        let number = self.out.groups;
        // Names are kept here; both engines count the groups alike.
        self.push("(");
        if let Some(name) = name {
            self.out.names.push((name, number));
        }
        let part = self.alternatives()?;
        self.close()?;
        self.closed.push(number);
        self.flags = flags;
        Ok(Part { empty: part.empty, tricky: true })
    }

    /// `(?i)` up to the end of the group around it, with its alternatives; `(?i:…)`.
    fn options(&mut self) -> Read<Part> {
        let before = self.flags;
        let mut on = true;
        loop {
            match self.next() {
                Some('-') => on = false,
                Some('i') => self.flags.ignore_case = on,
                Some('m') => self.flags.multi_line = on,
                Some('s') => self.flags.dot_all = on,
                Some('x') => self.flags.extended = on,
                Some(c @ (':' | ')')) => {
                    self.push(if self.flags.ignore_case { "(?i:" } else { "(?-i:" });
                    let part = self.alternatives()?;
                    if c == ':' {
                        self.close()?;
                    } else {
                        self.push(")");
                    }
                    self.flags = before;
                    return Ok(part);
                }
                None => return invalid("end pattern in group"),
                Some(_) => return invalid("undefined group option"),
            }
        }
    }
}

/// Whether a translated text has a quantifier with other bounds than `{n}`.
fn has_quantifier(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            '?' if at > 0 && chars[at - 1] == '(' => {}
            '*' | '+' | '?' => return true,
            '{' if at > 0 && !matches!(chars[at - 1], 'x' | 'p') && chars[at..].contains(&',') => {
                return true;
            }
            _ => {}
        }
        at += 1;
    }
    false
}
