//! Groups: capturing, named, atomic, looking around, and with options.

use super::part::{Length, Part};
use super::reader::{Read, Reader, invalid, unsupported};

const BEHIND: &str = "invalid pattern in look-behind";

impl Reader {
    /// What follows `(`.
    pub(super) fn group(&mut self) -> Read<Part> {
        let flags = self.flags;
        let kind = if !self.eat("?") {
            return self.capture(None);
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
        } else if self.eat("<") {
            return self.named('>');
        } else if self.eat("'") {
            return self.named('\'');
        } else {
            return self.options();
        };
        match kind {
            "(?:" => {}
            "(?<=" | "(?<!" => return self.look_behind(kind),
            _ => self.refuse_behind()?,
        }
        self.out.backtracks |= kind != "(?:";
        self.push(kind);
        let part = self.alternatives()?;
        self.close()?;
        self.flags = flags;
        let looks = matches!(kind, "(?=" | "(?!");
        Ok(if looks { Part { tricky: part.tricky, ..Part::NOTHING } } else { part })
    }

    /// `(?<=…)` and `(?<!…)`
    fn look_behind(&mut self, kind: &str) -> Read<Part> {
        let (flags, around) = (self.flags, self.behind);
        self.behind[usize::from(kind == "(?<!")] += 1;
        self.out.backtracks = true;
        self.push(kind);
        let part = self.alternatives()?;
        self.close()?;
        (self.flags, self.behind) = (flags, around);
        if part.length == Length::Varies {
            return invalid(BEHIND);
        }
        Ok(Part { tricky: part.tricky, ..Part::NOTHING })
    }

    /// Refuses what Joni does not read in look-behind.
    pub(super) fn refuse_behind(&self) -> Read<()> {
        if self.behind == [0, 0] { Ok(()) } else { invalid(BEHIND) }
    }

    /// What follows `(?#`.
    pub(super) fn comment(&mut self) -> Read<()> {
        loop {
            match self.next() {
                None => return invalid("end pattern in group"),
                Some('\\') => drop(self.next()),
                Some(')') => return Ok(()),
                Some(_) => {}
            }
        }
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
        if self.behind[1] > 0 {
            return invalid(BEHIND);
        }
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
        Ok(part.captured())
    }

    /// `(?i)` up to the end of the group around it, with its alternatives; `(?i:…)`.
    fn options(&mut self) -> Read<Part> {
        self.refuse_behind()?;
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
