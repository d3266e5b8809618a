//! An object that arrives in chunks, as a blocking reader: for what is too large to hold.

use std::io;

use futures::{TryStreamExt as _, stream::BoxStream};
use tracing::{Instrument as _, Span};

use super::remote::explained;

type Chunk = std::io::Cursor<Vec<u8>>;

/// The rest of an object.
pub(super) struct Chunks<B> {
    stream: BoxStream<'static, object_store::Result<B>>,
    runtime: tokio::runtime::Handle,
    span: Span,
    chunk: Chunk,
}

impl<B> Chunks<B> {
    pub(super) fn new(
        stream: BoxStream<'static, object_store::Result<B>>,
        runtime: tokio::runtime::Handle,
        span: Span,
    ) -> Self {
        Self { stream, runtime, span, chunk: Chunk::default() }
    }
}

impl<B: Into<Vec<u8>>> io::Read for Chunks<B> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.chunk.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let next = self.stream.try_next().instrument(self.span.clone());
            match self.runtime.block_on(next).map_err(explained)? {
                Some(chunk) => self.chunk = Chunk::new(chunk.into()),
                None => return Ok(0),
            }
        }
    }
}
