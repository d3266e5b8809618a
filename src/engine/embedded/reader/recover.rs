//! How reading resumes after damage: what to report, and where the next record may begin.
//!
//! Three marks are trusted to be a beginning: the end of the damaged element if its brackets match, the text
//! `{"eventVersion"` with which CloudTrail begins records, and a line that begins with `{`.

use memchr::memmem;

use super::document::{Document, Integrity, Step};
use super::json;
use super::problems::{self, ProblemKind};
use super::sink::Context;
use super::wrapped;

/// How CloudTrail's own records begin.
const RECORD_START: &[u8] = b"{\"eventVersion\"";
/// Reading ends after searching this many times the longest record without finding one: damage must not take forever.
const MAX_WASTED_RECORDS: u64 = 64;

impl Document<'_, '_, '_> {
    /// The object at hand is not JSON from `at` on.
    pub(super) fn broken(&mut self, at: usize, context: Context) -> Step {
        self.found_intact();
        self.misplaced(at, context)
    }

    /// What is at hand belongs neither in a list nor in an envelope; not reported again right after damage.
    pub(super) fn misplaced(&mut self, at: usize, context: Context) -> Step {
        self.report_broken(at);
        self.resume(at, context, false)
    }

    /// The element at hand is nested too deep at `at`.
    pub(super) fn too_deep(&mut self, at: usize, context: Context) -> Step {
        self.sink.problems.add(ProblemKind::TooDeep, 1, || json::MAX_DEPTH.to_string());
        self.resume(at, context, true)
    }

    /// The element at hand is longer than allowed.
    pub(super) fn too_large(&mut self, context: Context) -> Step {
        let limit = self.sink.limits.record_bytes;
        self.sink.problems.add(ProblemKind::TooLarge, 1, || limit.to_string());
        // A line that lacks its end looks like this too: the next line ends it.
        let text = self.buffer.text();
        let next = next_line(&text[..text.len().min(limit)]);
        match next.filter(|_| context == Context::Top) {
            Some(next) => self.resume_at(next),
            None => self.skip_value(0),
        }
    }

    /// The text ends inside the element at hand.
    pub(super) fn cut_short(&mut self, context: Context) -> Step {
        match next_beginning(self.buffer.text(), context == Context::Top) {
            // It is not the end that is missing, but a quote or bracket before it: other records were taken for a part of it.
            Some(next) => {
                self.report_broken(0);
                self.resume_at(next)
            }
            None => self.ends_early(1),
        }
    }

    /// The text ends where more must follow.
    pub(super) fn ends_early(&mut self, lost: u64) -> Step {
        // A stream that was cut reports that itself.
        if !self.buffer.damaged() && !self.is_damaged() {
            match lost {
                1.. if self.sink.around.is_message() => {
                    let near = self.place(0);
                    self.sink.problems.add(ProblemKind::Broken, lost, || near);
                }
                _ => self.sink.problems.add(ProblemKind::Truncated, lost, String::new),
            }
        }
        Step::Break(())
    }

    /// At the top stands something that does not begin a JSON document.
    pub(super) fn junk(&mut self) -> Step {
        self.buffer.want(64);
        let text = self.buffer.text();
        let sample = || problems::looks_like(&text[..text.len().min(64)]);
        if !self.begun {
            let binary = text.iter().take(8).any(|byte| *byte < 0x09);
            if text.first() == Some(&b'<') || binary || problems::is_other_format(text) {
                self.sink.problems.add(ProblemKind::NotJson, 0, sample);
                return Step::Break(());
            }
        }
        let (before, damaged, example) = (self.place(0), self.is_damaged(), sample());
        self.integrity = Integrity::Damaged;
        let step = self.seek();
        match (step.is_continue(), self.begun) {
            (true, _) if !damaged => self.sink.problems.add(ProblemKind::Broken, 1, || before),
            (false, false) => self.sink.problems.add(ProblemKind::NotJson, 0, || example),
            (false, true) if !damaged => self.sink.problems.add(ProblemKind::Trailing, 0, || example),
            _ => {}
        }
        self.begun = true;
        step
    }

    /// Skips the value at hand, however long it is; `lost` records are lost if the text ends in it.
    pub(super) fn skip_value(&mut self, lost: u64) -> Step {
        let mut skip = Skip::default();
        loop {
            let text = self.buffer.text();
            match skip.feed(text) {
                Skipped::Done(end) => {
                    self.buffer.drop_first(end);
                    return Step::Continue(());
                }
                Skipped::More => {
                    let passed = text.len();
                    self.buffer.drop_first(passed);
                    if !self.buffer.more() {
                        return self.ends_early(lost);
                    }
                }
                Skipped::Broken(at) => {
                    self.buffer.drop_first(at);
                    self.integrity = Integrity::Damaged;
                    return self.seek();
                }
            }
        }
    }

    /// The place this far into the text at hand, as a problem names it.
    fn place(&self, at: usize) -> String {
        let at = self.buffer.before() + at as u64;
        if self.sink.around.is_message() { wrapped::place(at) } else { at.to_string() }
    }

    fn report_broken(&mut self, at: usize) {
        if !self.is_damaged() {
            let near = self.place(at);
            self.sink.problems.add(ProblemKind::Broken, 1, || near);
        }
        self.integrity = Integrity::Damaged;
    }

    /// Resumes after the damaged element at hand.
    fn resume(&mut self, at: usize, context: Context, brackets_match: bool) -> Step {
        if self.integrity == Integrity::Intact {
            self.integrity = Integrity::Resumed;
        }
        // At the top a line that begins with a brace is a beginning, whatever the brackets say.
        let lines = context == Context::Top && !brackets_match;
        let (end, looked) = self.element_end(lines);
        self.sink.wasted += (at + looked) as u64;
        if self.sink.wasted > MAX_WASTED_RECORDS * self.sink.limits.record_bytes as u64 {
            let from = self.buffer.before();
            self.sink.problems.add(ProblemKind::GivenUp, 1, || from.to_string());
            return Step::Break(());
        }
        match end {
            Some(end) => {
                let next = next_beginning(&self.buffer.text()[..end], lines);
                self.resume_at(next.unwrap_or(end))
            }
            None => self.seek(),
        }
    }

    /// Where the element at hand ends if only its strings and brackets are looked at, and how far that was.
    ///
    /// With `lines`, looks no further than the next line that begins with a brace.
    fn element_end(&mut self, lines: bool) -> (Option<usize>, usize) {
        if self.buffer.text().first() != Some(&b'{') {
            return (None, 0);
        }
        let most = self.sink.limits.record_bytes + 1;
        let mut skip = Skip { lines, ..Skip::default() };
        let mut fed = 0;
        loop {
            let text = self.buffer.text();
            let text = &text[..text.len().min(most)];
            match skip.feed(&text[fed..]) {
                Skipped::Done(end) => return (Some(fed + end).filter(|end| self.fits(*end)), fed + end),
                Skipped::Broken(at) => return (None, fed + at),
                Skipped::More => fed = text.len(),
            }
            if !self.fits(fed) || !self.buffer.more() {
                return (None, fed);
            }
        }
    }

    fn resume_at(&mut self, next: usize) -> Step {
        self.sink.wasted = self.sink.wasted.saturating_sub(next as u64);
        let before = next.checked_sub(1).and_then(|before| self.buffer.text().get(before));
        self.by_line |= before == Some(&b'\n');
        self.buffer.drop_first(next);
        Step::Continue(())
    }

    /// Passes everything up to where a record may begin; breaks at the end of the text.
    fn seek(&mut self) -> Step {
        loop {
            let text = self.buffer.text();
            if let Some(next) = next_beginning(text, true) {
                return self.resume_at(next);
            }
            // A mark may lie across the end of what is at hand.
            let keep = text.len().min(2 * RECORD_START.len());
            let passed = text.len() - keep;
            self.buffer.drop_first(passed);
            if !self.buffer.more() {
                return Step::Break(());
            }
        }
    }
}

/// The index after the first byte at which a record begins: CloudTrail's way, or with `lines` as a line.
///
/// Searches block by block, so that a near mark is found without searching the whole text for the other one.
fn next_beginning(text: &[u8], lines: bool) -> Option<usize> {
    let mut from = 0;
    let mut block_bytes = 4096;
    while from < text.len() {
        let block = &text[from..text.len().min(from + block_bytes + RECORD_START.len())];
        let start = block.get(1..).and_then(|rest| memmem::find(rest, RECORD_START)).map(|at| at + 1);
        let line = if lines { next_line(block) } else { None };
        if let Some(next) = [start, line].into_iter().flatten().min() {
            return Some(from + next);
        }
        from += block_bytes;
        block_bytes *= 2;
    }
    None
}

/// The index of the first line after this one that begins with a brace.
pub(super) fn next_line(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', text).map(|feed| feed + 1).find(|line| text.get(*line) == Some(&b'{'))
}

/// Follows strings and brackets of one value through text that comes in pieces.
#[derive(Default)]
struct Skip {
    depth: u64,
    in_string: bool,
    escaped: bool,
    in_scalar: bool,
    /// Whether a line that begins with a brace ends the value, and whether a line begins here.
    lines: bool,
    line_begins: bool,
}

enum Skipped {
    Done(usize),
    More,
    Broken(usize),
}

impl Skip {
    fn feed(&mut self, text: &[u8]) -> Skipped {
        let mut at = 0;
        while let Some(byte) = text.get(at) {
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'\n' => return Skipped::Broken(at),
                    b'"' => {
                        self.in_string = false;
                        if self.depth == 0 {
                            return Skipped::Done(at + 1);
                        }
                    }
                    _ => {}
                }
                at += 1;
                continue;
            }
            match byte {
                b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n' if self.in_scalar => {
                    return Skipped::Done(at);
                }
                _ if self.in_scalar => {}
                b'"' => self.in_string = true,
                b'{' if self.line_begins && self.lines => return Skipped::Broken(at),
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => match self.depth {
                    0 => return Skipped::Broken(at),
                    1 => return Skipped::Done(at + 1),
                    _ => self.depth -= 1,
                },
                _ if self.depth == 0 => self.in_scalar = true,
                _ => {}
            }
            self.line_begins = *byte == b'\n';
            at += 1;
        }
        Skipped::More
    }
}
