//! Escapes outside of brackets: assertions, back-references.

use super::part::{Length, Part};
use super::reader::{Escaped, Read, Reader, invalid, unsupported};

impl Reader {
    /// What follows `\` outside of brackets.
    pub(super) fn escape(&mut self) -> Read<Part> {
        match self.peek() {
            Some('A') => self.push("\\A"),
            Some('z') => {
                self.refuse_behind()?;
                self.push("\\z");
            }
            Some('Z') => self.end()?,
            Some(c @ ('b' | 'B')) => self.push(&format!("\\{c}")),
            Some('G') => return unsupported("\\G"),
            Some('k') if self.chars.get(self.at + 1) == Some(&'<') => return self.named_reference('>'),
            Some('k') if self.chars.get(self.at + 1) == Some(&'\'') => return self.named_reference('\''),
            Some('1'..='9') => return self.reference(),
            _ => {
                match self.escaped()? {
                    Escaped::Char(c) => self.literal(c)?,
                    Escaped::Set(set) if self.flags.ignore_case => self.push(&format!("(?-i:{set})")),
                    Escaped::Set(set) => self.push(&set),
                }
                return Ok(Part::CHARACTER);
            }
        }
        self.at += 1;
        Ok(Part::NOTHING)
    }

    /// `\k<name>`
    fn named_reference(&mut self, end: char) -> Read<Part> {
        self.at += 2;
        let mut name = String::new();
        loop {
            match self.next() {
                None => return invalid(&format!("invalid group name <{name}>")),
                Some(c) if c == end => break,
                Some(c) => name.push(c),
            }
        }
        let known = self.out.names.iter().find(|(known, _)| *known == name).map(|(_, group)| *group);
        match known.or_else(|| name.parse().ok()) {
            Some(group) => self.refer(group),
            None => invalid(&format!("undefined name <{name}> reference")),
        }
    }

    /// `\1`: a group, or else a character in octal digits.
    fn reference(&mut self) -> Read<Part> {
        let before = self.at;
        let group = self.digits().and_then(|digits| digits.parse::<usize>().ok()).unwrap_or(usize::MAX);
        if group <= self.total {
            return self.refer(group);
        }
        self.at = before;
        if group <= 9 || !matches!(self.peek(), Some('0'..='7')) {
            return invalid("invalid backref number/name");
        }
        let c = self.octal(3)?;
        self.literal(c)?;
        Ok(Part::CHARACTER)
    }

    fn refer(&mut self, group: usize) -> Read<Part> {
        if !self.closed.contains(&group) {
            return unsupported("a reference to a group that is not complete before it");
        }
        if self.flags.ignore_case {
            return unsupported("a back-reference without regard to case");
        }
        self.out.backtracks = true;
        self.push(&format!("(?:\\{group})"));
        Ok(Part { empty: true, tricky: true, length: Length::Varies })
    }
}
