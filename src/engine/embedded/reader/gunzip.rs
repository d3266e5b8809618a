//! gzip, member after member; distinguishes every kind of damage.
//!
//! What was inflated before the damage is always handed out. Knows nothing of JSON.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::feed::Feed;

/// The first bytes of every gzip member.
pub const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What is wrong with a gzip stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It ends inside a member.
    Truncated,
    /// A member's header or compressed data is not valid.
    Corrupt,
    /// A member inflates, but its checksum or length does not match.
    Checksum,
    /// Bytes that are not a gzip member follow the last one.
    Trailing,
}

/// Inflates one file at a time; its memory is kept for the next.
pub struct Gunzip {
    inflate: Decompress,
    crc: Crc,
    length: u32,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Body,
    Next,
    Ended,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self { inflate: Decompress::new(false), crc: Crc::new(), length: 0, state: State::Ended }
    }
}

impl Gunzip {
    /// Forgets the file before.
    pub fn reset(&mut self) {
        self.state = State::First;
    }

    /// Inflates into `out`; returns how many bytes, 0 only at the end.
    ///
    /// Damage is added to `damage`; damage in the middle also is the end.
    pub fn pull(&mut self, feed: &mut Feed<'_>, out: &mut [u8], damage: &mut Vec<Damage>) -> usize {
        loop {
            let stepped = match self.state {
                State::Ended => return 0,
                State::First => self.open(feed).map(|()| 0),
                State::Next => self.next(feed, damage),
                State::Body => self.body(feed, out, damage),
            };
            match stepped {
                Ok(0) => {}
                Ok(inflated) => return inflated,
                Err(found) => {
                    damage.push(found);
                    self.state = State::Ended;
                    return 0;
                }
            }
        }
    }

    fn open(&mut self, feed: &mut Feed<'_>) -> Result<(), Damage> {
        header(feed)?;
        self.inflate.reset(false);
        self.crc.reset();
        self.length = 0;
        self.state = State::Body;
        Ok(())
    }

    fn body(
        &mut self,
        feed: &mut Feed<'_>,
        out: &mut [u8],
        damage: &mut Vec<Damage>,
    ) -> Result<usize, Damage> {
        let input = feed.peek(1);
        let ended = input.is_empty();
        let (in_before, out_before) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, out, FlushDecompress::None);
        let taken = (self.inflate.total_in() - in_before) as usize;
        let inflated = (self.inflate.total_out() - out_before) as usize;
        feed.take(taken);
        self.crc.update(&out[..inflated]);
        self.length = self.length.wrapping_add(inflated as u32);
        let found = match status {
            Ok(Status::StreamEnd) => {
                self.state = State::Next;
                self.trailer(feed).err()
            }
            Ok(_) if ended && inflated == 0 => Some(Damage::Truncated),
            Ok(_) => None,
            Err(_) => Some(Damage::Corrupt),
        };
        if let Some(found) = found {
            damage.push(found);
            if found != Damage::Checksum {
                self.state = State::Ended;
            }
        }
        Ok(inflated)
    }

    fn trailer(&mut self, feed: &mut Feed<'_>) -> Result<(), Damage> {
        let mut trailer = [0; 8];
        for byte in &mut trailer {
            *byte = feed.byte().ok_or(Damage::Truncated)?;
        }
        let [a, b, c, d, length @ ..] = trailer;
        let intact =
            u32::from_le_bytes([a, b, c, d]) == self.crc.sum() && u32::from_le_bytes(length) == self.length;
        if intact { Ok(()) } else { Err(Damage::Checksum) }
    }

    /// After a member: another one, the end, or bytes that do not belong there. Zero padding does belong there.
    fn next(&mut self, feed: &mut Feed<'_>, damage: &mut Vec<Damage>) -> Result<usize, Damage> {
        while feed.peek(1).first() == Some(&0) {
            feed.take(1);
        }
        let ahead = feed.peek(2);
        if ahead.starts_with(&MAGIC) {
            self.state = State::First;
            return Ok(0);
        }
        if !ahead.is_empty() {
            damage.push(Damage::Trailing);
        }
        self.state = State::Ended;
        Ok(0)
    }
}

/// Takes a member's header.
fn header(feed: &mut Feed<'_>) -> Result<(), Damage> {
    let mut fixed = [0; 10];
    for byte in &mut fixed {
        *byte = feed.byte().ok_or(Damage::Truncated)?;
    }
    let flags = fixed[3];
    if !fixed.starts_with(&MAGIC) || fixed[2] != 8 || flags & 0xe0 != 0 {
        return Err(Damage::Corrupt);
    }
    if flags & 0x04 != 0 {
        let low = feed.byte().ok_or(Damage::Truncated)?;
        let high = feed.byte().ok_or(Damage::Truncated)?;
        for _ in 0..u16::from_le_bytes([low, high]) {
            feed.byte().ok_or(Damage::Truncated)?;
        }
    }
    for flag in [0x08, 0x10] {
        if flags & flag != 0 {
            while feed.byte().ok_or(Damage::Truncated)? != 0 {}
        }
    }
    if flags & 0x02 != 0 {
        feed.byte().and_then(|_| feed.byte()).ok_or(Damage::Truncated)?;
    }
    Ok(())
}
