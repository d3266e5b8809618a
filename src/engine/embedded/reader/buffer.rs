//! The part of a file's JSON text that is in memory: it grows on demand and forgets what is done with.
//!
//! Memory is bounded by the longest element that the document needs at once, not by the file. Knows nothing of JSON.

use std::io::Read;

use super::feed::Feed;
use super::gunzip::{Damage, Gunzip};
use super::utf16::{self, Utf16};

/// Room for text at the beginning, unless less is enough: most log files fit, and it stays in a core's cache.
const ROOM_BYTES: usize = 256 * 1024;
/// A buffer that grew larger than this for one file is given back before the next.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// Where text comes from.
pub enum TextSource<'a> {
    /// Stored as text.
    Plain(Feed<'a>),
    /// Stored compressed.
    Gzip(Feed<'a>, &'a mut Gunzip),
    /// Text of any storage that is UTF-16.
    Utf16(Box<TextBuffer<'a>>, Utf16),
}

impl TextSource<'_> {
    /// Puts text into `out`; returns how many bytes, 0 only at the end.
    pub fn pull(&mut self, out: &mut [u8], damage: &mut Vec<Damage>) -> usize {
        match self {
            Self::Plain(feed) => {
                let ready = feed.peek(1);
                let count = ready.len().min(out.len());
                out[..count].copy_from_slice(&ready[..count]);
                feed.take(count);
                count
            }
            Self::Gzip(feed, gunzip) => gunzip.pull(feed, out, damage),
            Self::Utf16(text, order) => {
                let mut ended = false;
                loop {
                    let (taken, put) = order.decode(text.text(), ended, out);
                    text.drop_first(taken);
                    if put > 0 || ended {
                        damage.append(&mut text.damage);
                        return put;
                    }
                    ended = !text.more();
                }
            }
        }
    }

    /// Why the stored bytes could not be read to their end.
    pub fn error(&self) -> Option<&std::io::Error> {
        match self {
            Self::Plain(feed) | Self::Gzip(feed, _) => feed.error.as_ref(),
            Self::Utf16(text, _) => text.error(),
        }
    }

    /// How much room is needed to put anything.
    fn least_room(&self) -> usize {
        match self {
            Self::Utf16(..) => utf16::LEAST_ROOM,
            _ => 1,
        }
    }

    /// Whether the text was cut off because it is larger than allowed.
    fn is_cut(&self) -> bool {
        matches!(self, Self::Utf16(text, _) if text.is_cut())
    }
}

/// Text of one file, from the first byte that is still needed.
pub struct TextBuffer<'a> {
    held: Held<'a>,
    before: u64,
    ended: bool,
    /// What was found wrong with the compressed stream so far.
    pub damage: Vec<Damage>,
    cut: bool,
}

enum Held<'a> {
    Whole(&'a [u8]),
    Part { bytes: &'a mut Vec<u8>, start: usize, end: usize, source: TextSource<'a>, allowed: u64 },
}

impl<'a> TextBuffer<'a> {
    /// All text is in memory already.
    pub fn whole(text: &'a [u8]) -> Self {
        Self { held: Held::Whole(text), before: 0, ended: true, damage: Vec::new(), cut: false }
    }

    /// Text comes from `source`, at most `allowed` bytes of it, by way of a buffer that is kept between files.
    ///
    /// `element` is the longest element that is needed at once: no more room than that is made at first.
    pub fn part(bytes: &'a mut Vec<u8>, source: TextSource<'a>, allowed: u64, element: usize) -> Self {
        let room = element.clamp(64, ROOM_BYTES);
        if bytes.len() > KEPT_BYTES {
            bytes.truncate(room);
            bytes.shrink_to_fit();
        }
        if bytes.len() < room {
            bytes.resize(room, 0);
        }
        let held = Held::Part { bytes, start: 0, end: 0, source, allowed };
        Self { held, before: 0, ended: false, damage: Vec::new(), cut: false }
    }

    /// The text at hand.
    #[inline]
    pub fn text(&self) -> &[u8] {
        match &self.held {
            Held::Whole(text) => text,
            Held::Part { bytes, start, end, .. } => &bytes[*start..*end],
        }
    }

    /// Forgets the first bytes of the text.
    #[inline]
    pub fn drop_first(&mut self, count: usize) {
        let count = count.min(self.text().len());
        self.before += count as u64;
        match &mut self.held {
            Held::Whole(text) => *text = &text[count..],
            Held::Part { start, .. } => *start += count,
        }
    }

    /// Gets more text behind the text at hand; false if there is none.
    ///
    /// Always fills the room there is, so what a caller sees does not depend on how a stream is cut up.
    pub fn more(&mut self) -> bool {
        let Held::Part { bytes, start, end, source, allowed } = &mut self.held else { return false };
        if self.ended {
            return false;
        }
        bytes.copy_within(*start..*end, 0);
        *end -= *start;
        *start = 0;
        if *end > bytes.len() / 2 {
            bytes.resize(bytes.len() * 2, 0);
        }
        let held_before = *end;
        while bytes.len() - *end >= source.least_room() {
            let pulled = source.pull(&mut bytes[*end..], &mut self.damage);
            if pulled == 0 {
                self.ended = true;
                break;
            }
            let left = allowed.saturating_sub(self.before + *end as u64);
            if pulled as u64 > left {
                *end += left as usize;
                self.cut = true;
                self.ended = true;
                break;
            }
            *end += pulled;
        }
        *end > held_before
    }

    /// Gets more text until there are this many bytes at hand, or all there are; returns the text at hand.
    pub fn want(&mut self, count: usize) -> &[u8] {
        while self.text().len() < count && self.more() {}
        self.text()
    }

    /// How many bytes of text were forgotten: the position of the text at hand in the file.
    pub fn before(&self) -> u64 {
        self.before
    }

    /// How many bytes of text the file has, as far as it was read.
    pub fn seen(&self) -> u64 {
        self.before + self.text().len() as u64
    }

    /// Whether the text is known to lack its end, for a reason other than the text itself.
    pub fn damaged(&self) -> bool {
        self.is_cut()
            || self.error().is_some()
            || self.damage.iter().any(|damage| matches!(damage, Damage::Truncated | Damage::Corrupt))
    }

    /// Whether the text was cut off because it is larger than allowed.
    pub fn is_cut(&self) -> bool {
        self.cut || matches!(&self.held, Held::Part { source, .. } if source.is_cut())
    }

    /// Why the stored bytes could not be read to their end.
    pub fn error(&self) -> Option<&std::io::Error> {
        match &self.held {
            Held::Whole(_) => None,
            Held::Part { source, .. } => source.error(),
        }
    }
}

/// The text as a stream: for text that is compressed once more.
impl Read for TextBuffer<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.text().is_empty() {
            self.more();
        }
        let count = self.text().len().min(out.len());
        out[..count].copy_from_slice(&self.text()[..count]);
        self.drop_first(count);
        Ok(count)
    }
}
