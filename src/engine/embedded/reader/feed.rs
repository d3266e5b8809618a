//! The bytes of a log file as they are stored, from memory or from a stream.
//!
//! Knows nothing of gzip or JSON.

use std::io::{ErrorKind, Read};

/// How many stored bytes are held at a time when they come from a stream.
const CHUNK_BYTES: usize = 64 * 1024;

/// Stored bytes, looked at before they are taken.
pub struct Feed<'a> {
    from: From<'a>,
    /// Why the stream could not be read to its end.
    pub error: Option<std::io::Error>,
}

enum From<'a> {
    Slice(&'a [u8]),
    Stream { stream: &'a mut dyn Read, buffer: &'a mut Vec<u8>, start: usize, end: usize, ended: bool },
}

impl<'a> Feed<'a> {
    /// All bytes are in memory.
    pub fn slice(bytes: &'a [u8]) -> Self {
        Self { from: From::Slice(bytes), error: None }
    }

    /// Bytes come from a stream, by way of a buffer that is kept between files.
    pub fn stream(stream: &'a mut dyn Read, buffer: &'a mut Vec<u8>) -> Self {
        if buffer.len() < CHUNK_BYTES {
            buffer.resize(CHUNK_BYTES, 0);
        }
        Self { from: From::Stream { stream, buffer, start: 0, end: 0, ended: false }, error: None }
    }

    /// The bytes at hand: at least `wanted` (up to 1,024), fewer only at the end.
    pub fn peek(&mut self, wanted: usize) -> &[u8] {
        match &mut self.from {
            From::Slice(bytes) => bytes,
            From::Stream { stream, buffer, start, end, ended } => {
                while *end - *start < wanted && !*ended {
                    if *start > 0 {
                        buffer.copy_within(*start..*end, 0);
                        *end -= *start;
                        *start = 0;
                    }
                    match stream.read(&mut buffer[*end..]) {
                        Ok(0) => *ended = true,
                        // Never trust a stream that claims more than it was given room for.
                        Ok(read) => *end = (*end + read).min(buffer.len()),
                        Err(error) if error.kind() == ErrorKind::Interrupted => {}
                        Err(error) => {
                            *ended = true;
                            self.error = Some(error);
                        }
                    }
                }
                &buffer[*start..*end]
            }
        }
    }

    /// Drops the first bytes; no more than [`peek`](Self::peek) last returned.
    pub fn take(&mut self, count: usize) {
        match &mut self.from {
            From::Slice(bytes) => *bytes = bytes.get(count..).unwrap_or_default(),
            From::Stream { start, end, .. } => *start = (*start + count).min(*end),
        }
    }

    /// The next byte, taken.
    pub fn byte(&mut self) -> Option<u8> {
        let byte = self.peek(1).first().copied()?;
        self.take(1);
        Some(byte)
    }

    /// All bytes, if they are in memory.
    pub fn whole(&self) -> Option<&'a [u8]> {
        match self.from {
            From::Slice(bytes) => Some(bytes),
            From::Stream { .. } => None,
        }
    }
}
