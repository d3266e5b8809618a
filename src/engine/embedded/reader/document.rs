//! Walks the text of one log file, whatever its shape, and hands every complete object to the sink.
//!
//! Holds one element at a time: lists are walked element by element, so memory is bounded by the largest
//! record and not by the file. `recover` decides where reading resumes after damage.

use std::ops::ControlFlow;

use super::buffer::TextBuffer;
use super::json::{self, Object, Slots, Stop};
use super::keys::LISTS;
use super::problems::{self, ProblemKind};
use super::recover::next_line;
use super::sink::{Context, RecordSink};
use super::wrapped;

/// Marks text as UTF-8; stands before each part of a file that was put together from several.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How far is looked ahead to see what a string is.
const AHEAD: usize = 64;
/// The longest text before the record in a line of CloudWatch Logs: a time, and for `aws logs tail` a stream's name.
const MAX_LINE_HEAD: usize = 600;

/// Whether to read on; break ends reading.
pub(super) type Step = ControlFlow<()>;

/// What the text at hand stands in; outside of everything there is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Between the elements of a bare array, or of `Records` or another list of an envelope.
    List(Context),
    /// Between the members of an envelope, after a list.
    Envelope,
}

/// How many lists and envelopes may lie inside one another.
const MAX_FRAMES: usize = 16;

/// What the text at hand stands in, outermost first.
#[derive(Debug)]
pub(super) struct Frames {
    open: [Frame; MAX_FRAMES],
    count: usize,
}

impl Frames {
    const fn new() -> Self {
        Self { open: [Frame::Envelope; MAX_FRAMES], count: 0 }
    }

    fn last(&self) -> Option<Frame> {
        self.open[..self.count].last().copied()
    }

    /// Whether as many more can be entered.
    const fn have_room(&self, more: usize) -> bool {
        self.count + more <= MAX_FRAMES
    }

    /// Enters a frame; call it only if there is room.
    fn push(&mut self, frame: Frame) {
        self.open[self.count] = frame;
        self.count += 1;
    }

    fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    fn clear(&mut self) {
        self.count = 0;
    }

    /// The envelopes whose lists are open: each loses a record if the text ends here.
    fn unfinished(&self) -> u64 {
        let lists = self.open[..self.count].iter().filter(|frame| **frame == Frame::List(Context::Records));
        (lists.count() as u64).max(1)
    }
}

/// What is known about damage in the text that was read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integrity {
    /// There was none.
    Intact,
    /// There was some, and a record or an envelope was found after it: new damage is reported, but brackets may stand
    /// where they do not belong.
    Resumed,
    /// Damage was reported, and no record was found since: more of it is not reported again.
    Damaged,
}

/// One file being read.
pub(super) struct Document<'w, 's, 'v> {
    /// The text at hand.
    pub buffer: TextBuffer<'w>,
    /// Where complete objects and problems go.
    pub sink: &'s mut RecordSink<'v>,
    /// Where the known keys of the object at hand are; the memory is kept between files.
    pub slots: &'s mut Slots,
    /// What the text at hand stands in.
    pub frames: Frames,
    /// Whether a value was found at the top already.
    pub begun: bool,
    /// Whether the text was found damaged, and whether a record was found since.
    pub integrity: Integrity,
    /// Whether records were found to be lines, so that an unfinished one ends with its line.
    pub by_line: bool,
}

impl<'w, 's, 'v> Document<'w, 's, 'v> {
    /// A document from its first byte.
    pub fn new(buffer: TextBuffer<'w>, sink: &'s mut RecordSink<'v>, slots: &'s mut Slots) -> Self {
        Self {
            buffer,
            sink,
            slots,
            frames: Frames::new(),
            begun: false,
            integrity: Integrity::Intact,
            by_line: false,
        }
    }

    /// Reads to the end, or until the visitor stops.
    pub fn walk(&mut self) {
        loop {
            let step = match self.frames.last() {
                None => self.top(),
                Some(Frame::List(context)) => self.list(context),
                Some(Frame::Envelope) => self.envelope(),
            };
            if step.is_break() {
                return;
            }
        }
    }

    /// The buffer, which knows what was wrong with the bytes.
    pub fn into_buffer(self) -> TextBuffer<'w> {
        self.buffer
    }

    fn top(&mut self) -> Step {
        let Some(next) = self.peek() else {
            if !self.begun && !self.buffer.damaged() {
                self.sink.problems.add(ProblemKind::Empty, 0, String::new);
            }
            return Step::Break(());
        };
        match next {
            b'{' => {
                self.begun = true;
                self.object(Context::Top)
            }
            b'[' => {
                self.begun = true;
                self.buffer.drop_first(1);
                self.frames.push(Frame::List(Context::Array));
                Step::Continue(())
            }
            b'"' if self.is_text() => {
                self.begun = true;
                self.text()
            }
            b'0'..=b'9' if self.is_log_line() => Step::Continue(()),
            b',' if self.begun => self.pass(),
            b']' | b'}' if self.integrity != Integrity::Intact => self.pass(),
            0xef if self.buffer.want(3).starts_with(BYTE_ORDER_MARK) => {
                self.buffer.drop_first(BYTE_ORDER_MARK.len());
                Step::Continue(())
            }
            _ => self.junk(),
        }
    }

    fn list(&mut self, context: Context) -> Step {
        let Some(next) = self.peek() else { return self.ends_early(self.frames.unfinished()) };
        match next {
            b'{' => self.object(context),
            b',' => self.pass(),
            b']' => {
                self.frames.pop();
                self.pass()
            }
            b'[' if self.frames.have_room(1) => {
                self.frames.push(Frame::List(context));
                self.pass()
            }
            b'"' if self.is_text() => self.text(),
            b'"' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let what = problems::kind_of(next);
                self.sink.problems.add(ProblemKind::NotObject, u64::from(next != b'n'), || what.into());
                self.skip_value(1)
            }
            _ => self.misplaced(0, context),
        }
    }

    fn envelope(&mut self) -> Step {
        let Some(next) = self.peek() else { return self.ends_early(0) };
        match next {
            b',' => self.pass(),
            b'}' => {
                self.frames.pop();
                self.pass()
            }
            b'"' => self.member(),
            b'{' if self.integrity != Integrity::Intact => {
                // The list was closed by a bracket that did not belong to it.
                self.frames.clear();
                Step::Continue(())
            }
            _ => self.misplaced(0, Context::Top),
        }
    }

    /// A member of an envelope after its list: another list, or nothing of interest.
    fn member(&mut self) -> Step {
        loop {
            match json::key(self.buffer.text(), 0) {
                Ok((slot, value)) if self.fits(value) => {
                    let list = self.buffer.text()[value] == b'[';
                    self.buffer.drop_first(value);
                    if list && slot.is_some_and(|slot| LISTS.contains(&slot)) && self.frames.have_room(1) {
                        self.buffer.drop_first(1);
                        self.frames.push(Frame::List(Context::Records));
                        return Step::Continue(());
                    }
                    return self.skip_value(0);
                }
                Err(Stop::More) if self.fits(self.buffer.text().len()) => {
                    if !self.buffer.more() {
                        return self.ends_early(0);
                    }
                }
                Err(Stop::Broken(at)) if self.fits(at) => return self.misplaced(at, Context::Top),
                _ => return self.misplaced(0, Context::Top),
            }
        }
    }

    /// An object in any context: handed over as a whole, or entered if it is an envelope.
    fn object(&mut self, context: Context) -> Step {
        loop {
            // One byte more than allowed is enough to know that it is too long.
            let text = self.buffer.text();
            let text = &text[..text.len().min(self.sink.limits.record_bytes + 1)];
            let line = if self.by_line && context == Context::Top { next_line(text) } else { None };
            let text = &text[..line.unwrap_or(text.len())];
            match json::object(text, self.slots, true) {
                Ok(Object::Complete(end)) if self.fits(end) => {
                    let before = self.sink.records;
                    let context = if self.is_damaged() { Context::Debris } else { context };
                    let step = self.sink.object(&text[..end], self.slots, context);
                    self.buffer.drop_first(end);
                    if self.sink.records > before {
                        self.found_intact();
                    }
                    return step;
                }
                Ok(Object::Envelope(at)) if self.fits(at) => {
                    self.buffer.drop_first(at + 1);
                    self.enter();
                    return Step::Continue(());
                }
                Err(Stop::Broken(at)) if self.fits(at) => return self.broken(at, context),
                Err(Stop::Deep(at)) if self.fits(at) => return self.too_deep(at, context),
                Err(Stop::More) if self.fits(text.len()) => {
                    if let Some(line) = line {
                        return self.broken(line, context);
                    }
                    if !self.buffer.more() {
                        return self.cut_short(context);
                    }
                }
                _ => return self.too_large(context),
            }
        }
    }

    /// Enters an envelope whose list was just opened.
    ///
    /// Envelopes lie inside one another in few files; where there are many, the lists around lack their ends.
    fn enter(&mut self) {
        if !self.frames.have_room(2) {
            if !self.is_damaged() {
                let lost = self.frames.unfinished();
                self.sink.problems.add(ProblemKind::Truncated, lost, String::new);
            }
            self.frames.clear();
        }
        self.found_intact();
        self.frames.push(Frame::Envelope);
        self.frames.push(Frame::List(Context::Records));
    }

    /// Whether the string at hand is a text that begins like JSON.
    fn is_text(&mut self) -> bool {
        let text = self.buffer.want(AHEAD);
        wrapped::begins_like_json(&text[1..text.len().min(AHEAD)])
    }

    /// A string that holds JSON: an element of an array of `CloudTrailEvent`, or a line of such.
    fn text(&mut self) -> Step {
        loop {
            let text = self.buffer.text();
            let text = &text[..text.len().min(self.sink.limits.record_bytes + 1)];
            match json::string_end(text, 1) {
                Ok(end) if self.fits(end) => {
                    let before = self.sink.records;
                    let step = self.sink.record_text(&text[1..end - 1]);
                    self.buffer.drop_first(end);
                    if self.sink.records > before {
                        self.found_intact();
                    }
                    return step;
                }
                Err(Stop::Broken(at)) if self.fits(at) => return self.misplaced(at, Context::Array),
                Err(Stop::More) if self.fits(text.len()) => {
                    if !self.buffer.more() {
                        return self.ends_early(1);
                    }
                }
                _ => return self.too_large(Context::Array),
            }
        }
    }

    /// Passes the time before a record, as in the lines that CloudWatch Logs exports and `aws logs tail` prints; false if
    /// the line does not begin so.
    fn is_log_line(&mut self) -> bool {
        let text = self.buffer.want(MAX_LINE_HEAD);
        let head = &text[..text.len().min(MAX_LINE_HEAD)];
        let Some(brace) = memchr::memchr2(b'{', b'\n', head).filter(|at| head[*at] == b'{') else {
            return false;
        };
        let is_date = head.len() > 10
            && head[..10].iter().zip(b"0000-00-00").all(|(byte, form)| match form {
                b'0' => byte.is_ascii_digit(),
                _ => byte == form,
            });
        let is_apart = matches!(head[brace - 1], b' ' | b'\t');
        if is_date && is_apart {
            self.begun = true;
            self.buffer.drop_first(brace);
        }
        is_date && is_apart
    }

    /// Whether damage was reported and no record was found since.
    pub fn is_damaged(&self) -> bool {
        self.integrity == Integrity::Damaged
    }

    /// Something intact was found: damage is reported again from here on.
    pub fn found_intact(&mut self) {
        if self.is_damaged() {
            self.integrity = Integrity::Resumed;
        }
    }

    /// Whether an element may be this long.
    pub fn fits(&self, bytes: usize) -> bool {
        bytes <= self.sink.limits.record_bytes
    }

    /// The first byte that is not white space.
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            let text = self.buffer.text();
            let at = json::skip_space(text, 0);
            let found = text.get(at).copied();
            self.buffer.drop_first(at);
            if found.is_some() || !self.buffer.more() {
                return found;
            }
        }
    }

    fn pass(&mut self) -> Step {
        self.buffer.drop_first(1);
        Step::Continue(())
    }
}
