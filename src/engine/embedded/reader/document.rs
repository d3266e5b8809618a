//! Walks the text of one log file, whatever its shape, and hands every complete object to the sink.
//!
//! Holds one element at a time: lists are walked element by element, so memory is bounded by the largest
//! record and not by the file. Where to go on after damage is `recover`'s question.

use std::ops::ControlFlow;

use super::keys::{EVENTS, RECORDS};
use super::problems::{self, Kind};
use super::recover::next_line;
use super::scan::{self, Found, Slots, Stop};
use super::sink::{Place, Sink};
use super::window::Window;

/// Marks text as UTF-8; stands before every file that was put together to this one.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Break: nothing more is to be read.
pub(super) type Step = ControlFlow<()>;

/// What the text at hand stands in; outside of everything there is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Between the elements of a bare array, or of `Records` or `Events`.
    List(Place),
    /// Between the members of an envelope, after a list.
    Envelope,
}

/// One file being read.
pub(super) struct Document<'w, 's, 'v> {
    /// The text at hand.
    pub window: Window<'w>,
    /// Where complete objects and problems go.
    pub sink: &'s mut Sink<'v>,
    /// Where the known keys of the object at hand are; room that is kept between files.
    pub slots: &'s mut Slots,
    /// What the text at hand stands in, outermost first. An array of envelopes takes three.
    pub frames: [Option<Frame>; 4],
    /// Whether a value was found at the top already.
    pub begun: bool,
    /// Whether no record was found since damage that was told: what is odd about the text at hand is no news.
    pub dirty: bool,
    /// Whether there was damage anywhere before.
    pub stumbled: bool,
    /// Whether records were found to be lines, so that an unfinished one ends with its line.
    pub by_line: bool,
    /// Bytes that were looked at in vain, less those that were passed.
    pub wasted: u64,
}

impl<'w, 's, 'v> Document<'w, 's, 'v> {
    /// A document from its first byte.
    pub fn new(window: Window<'w>, sink: &'s mut Sink<'v>, slots: &'s mut Slots) -> Self {
        Self {
            window,
            sink,
            slots,
            frames: [None; 4],
            begun: false,
            dirty: false,
            stumbled: false,
            by_line: false,
            wasted: 0,
        }
    }

    /// Reads to the end, or until the visitor says stop.
    pub fn walk(&mut self) {
        loop {
            let step = match self.frame() {
                None => self.top(),
                Some(Frame::List(place)) => self.list(place),
                Some(Frame::Envelope) => self.envelope(),
            };
            if step.is_break() {
                return;
            }
        }
    }

    /// The window, to be asked what was wrong with the bytes.
    pub fn into_window(self) -> Window<'w> {
        self.window
    }

    fn top(&mut self) -> Step {
        let Some(next) = self.peek() else {
            if !self.begun && !self.window.damaged() {
                self.sink.problems.add(Kind::Empty, 0, String::new);
            }
            return Step::Break(());
        };
        match next {
            b'{' => {
                self.begun = true;
                self.object(Place::Top)
            }
            b'[' => {
                self.begun = true;
                self.window.drop_first(1);
                self.push(Frame::List(Place::Array))
            }
            b',' if self.begun => self.pass(),
            b']' | b'}' if self.stumbled => self.pass(),
            0xef if self.window.want(3).starts_with(BYTE_ORDER_MARK) => {
                self.window.drop_first(BYTE_ORDER_MARK.len());
                Step::Continue(())
            }
            _ => self.junk(),
        }
    }

    fn list(&mut self, place: Place) -> Step {
        let Some(next) = self.peek() else { return self.ends_early(1) };
        match next {
            b'{' => self.object(place),
            b',' => self.pass(),
            b']' => {
                self.pop();
                self.pass()
            }
            b'"' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                let what = problems::kind_of(next);
                self.sink.problems.add(Kind::NotObject, u64::from(next != b'n'), || what.into());
                self.skip_value(1)
            }
            _ => self.misplaced(0, place),
        }
    }

    fn envelope(&mut self) -> Step {
        let Some(next) = self.peek() else { return self.ends_early(0) };
        match next {
            b',' => self.pass(),
            b'}' => {
                self.pop();
                self.pass()
            }
            b'"' => self.member(),
            b'{' if self.stumbled => {
                // The list was closed by a bracket that was none of its own.
                self.frames = [None; 4];
                Step::Continue(())
            }
            _ => self.misplaced(0, Place::Top),
        }
    }

    /// A member of an envelope after its list: another list, or nothing of interest.
    fn member(&mut self) -> Step {
        loop {
            match scan::key(self.window.text(), 0) {
                Ok((slot, value)) if self.fits(value) => {
                    let list = self.window.text()[value] == b'[';
                    self.window.drop_first(value);
                    if list && matches!(slot, Some(RECORDS | EVENTS)) {
                        self.window.drop_first(1);
                        return self.push(Frame::List(Place::Records));
                    }
                    return self.skip_value(0);
                }
                Err(Stop::More) if self.fits(self.window.text().len()) => {
                    if !self.window.more() {
                        return self.ends_early(0);
                    }
                }
                Err(Stop::Broken(at)) if self.fits(at) => return self.misplaced(at, Place::Top),
                _ => return self.misplaced(0, Place::Top),
            }
        }
    }

    /// An object in any place: scanned as a whole and handed over, or entered if it is an envelope.
    fn object(&mut self, place: Place) -> Step {
        loop {
            // One byte more than allowed is enough to know that it is too much.
            let text = self.window.text();
            let text = &text[..text.len().min(self.sink.limits.record_bytes + 1)];
            let line = if self.by_line && place == Place::Top { next_line(text) } else { None };
            let text = &text[..line.unwrap_or(text.len())];
            match scan::object(text, self.slots, true) {
                Ok(Found::Object(end)) if self.fits(end) => {
                    let before = self.sink.records;
                    let place = if self.dirty { Place::Debris } else { place };
                    let step = self.sink.object(&text[..end], self.slots, place);
                    self.window.drop_first(end);
                    self.dirty &= self.sink.records == before;
                    return step;
                }
                Ok(Found::List(_, at)) if self.fits(at) => {
                    self.window.drop_first(at + 1);
                    return self.enter(place);
                }
                Err(Stop::Broken(at)) if self.fits(at) => return self.broken(at, place),
                Err(Stop::Deep(at)) if self.fits(at) => return self.too_deep(at, place),
                Err(Stop::More) if self.fits(text.len()) => {
                    if let Some(line) = line {
                        return self.broken(line, place);
                    }
                    if !self.window.more() {
                        return self.cut_short(place);
                    }
                }
                _ => return self.too_large(place),
            }
        }
    }

    /// Enters an envelope whose list was just opened.
    fn enter(&mut self, place: Place) -> Step {
        if place == Place::Records {
            // Envelopes hold no envelopes: the list before lacks its end.
            if !self.dirty {
                self.sink.problems.add(Kind::Truncated, 1, String::new);
            }
            self.frames = [None; 4];
        }
        self.dirty = false;
        self.push(Frame::Envelope)?;
        self.push(Frame::List(Place::Records))
    }

    /// Whether an element may be this long.
    pub fn fits(&self, bytes: usize) -> bool {
        bytes <= self.sink.limits.record_bytes
    }

    /// The first byte that is not white space.
    pub fn peek(&mut self) -> Option<u8> {
        loop {
            let text = self.window.text();
            let at = scan::skip_space(text, 0);
            let found = text.get(at).copied();
            self.window.drop_first(at);
            if found.is_some() || !self.window.more() {
                return found;
            }
        }
    }

    fn pass(&mut self) -> Step {
        self.window.drop_first(1);
        Step::Continue(())
    }

    fn frame(&self) -> Option<Frame> {
        self.frames.iter().rev().find_map(|frame| *frame)
    }

    /// Enters a frame. Lists of lists are not entered, so the room is never exceeded; if it were, reading ends.
    fn push(&mut self, frame: Frame) -> Step {
        match self.frames.iter_mut().find(|free| free.is_none()) {
            Some(free) => {
                *free = Some(frame);
                Step::Continue(())
            }
            None => Step::Break(()),
        }
    }

    fn pop(&mut self) {
        if let Some(last) = self.frames.iter_mut().rev().find(|frame| frame.is_some()) {
            *last = None;
        }
    }
}
