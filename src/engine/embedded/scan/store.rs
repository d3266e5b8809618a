//! Keeps the candidates of a pass: in memory up to a limit, then in a temporary file. Knows nothing of what they hold.

use std::{
    fmt,
    fs::File,
    io::BufReader,
    sync::{Mutex, MutexGuard, OnceLock},
};

use datafusion::{
    arrow::{
        array::RecordBatch,
        ipc::{reader::StreamReader, writer::StreamWriter},
    },
    error::Result,
};
use hashbrown::HashSet;
use tempfile::NamedTempFile;

use super::{BatchSink, SinkError};

/// The candidates of a pass.
#[derive(Debug)]
pub struct CandidateStore {
    inner: Mutex<Inner>,
    limit_bytes: usize,
    updated: OnceLock<HashSet<String>>,
}

#[derive(Debug, Default)]
struct Inner {
    memory: Vec<RecordBatch>,
    memory_bytes: usize,
    spill: Option<Spill>,
}

struct Spill {
    file: NamedTempFile,
    writer: Option<StreamWriter<File>>,
}

impl fmt::Debug for Spill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spill").field("file", &self.file).finish_non_exhaustive()
    }
}

impl CandidateStore {
    /// A store that keeps at most `limit_bytes` in memory.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self { inner: Mutex::default(), limit_bytes, updated: OnceLock::new() }
    }

    /// Ends the pass: what is in the file can be read from now on. `updated` are the ids of the events whose earlier records do
    /// not count any more.
    ///
    /// # Errors
    ///
    /// If the file cannot be completed.
    pub fn finish(&self, updated: HashSet<String>) -> Result<(), SinkError> {
        self.updated.get_or_init(|| updated);
        if let Some(spill) = &mut self.lock().spill
            && let Some(mut writer) = spill.writer.take()
        {
            writer.finish().map_err(|error| SinkError(error.into()))?;
        }
        Ok(())
    }

    /// The ids of the events whose earlier records do not count.
    pub fn updated(&self) -> Option<&HashSet<String>> {
        self.updated.get().filter(|updated| !updated.is_empty())
    }

    /// Every batch: those in memory, then those in the file. Each call reads from the start.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened.
    pub fn batches(&self) -> Result<impl Iterator<Item = Result<RecordBatch>> + Send + use<>> {
        let inner = self.lock();
        let spilled = match &inner.spill {
            Some(spill) => Some(StreamReader::try_new(BufReader::new(spill.file.reopen()?), None)?),
            None => None,
        };
        let memory = inner.memory.clone();
        Ok(memory
            .into_iter()
            .map(Ok)
            .chain(spilled.into_iter().flatten().map(|batch| batch.map_err(Into::into))))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no thread panics while it holds the store")
    }
}

impl BatchSink for CandidateStore {
    fn take(&self, batch: RecordBatch) -> Result<bool, SinkError> {
        let bytes = batch.get_array_memory_size();
        let mut inner = self.lock();
        if inner.memory_bytes + bytes <= self.limit_bytes {
            inner.memory_bytes += bytes;
            inner.memory.push(batch);
            return Ok(true);
        }
        inner.write(&batch).map_err(SinkError)?;
        Ok(true)
    }
}

impl Inner {
    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.spill.is_none() {
            let file = NamedTempFile::new()?;
            let writer = StreamWriter::try_new(file.reopen()?, &batch.schema())?;
            self.spill = Some(Spill { file, writer: Some(writer) });
        }
        if let Some(Spill { writer: Some(writer), .. }) = &mut self.spill {
            writer.write(batch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::{
        array::Int64Array,
        datatypes::{DataType, Field, Schema},
    };

    use super::*;

    #[test]
    fn what_does_not_fit_goes_to_a_file_and_comes_back() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, true)]));
        let store = CandidateStore::new(10_000);
        for round in 0..10i64 {
            let values = Int64Array::from_iter_values((0..500).map(|n| round * 500 + n));
            store.take(RecordBatch::try_new(schema.clone(), vec![Arc::new(values)]).unwrap()).unwrap();
        }
        store.finish(HashSet::default()).unwrap();
        assert!(store.lock().spill.is_some());
        for _ in 0..2 {
            let rows: usize = store.batches().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
            assert_eq!(rows, 5_000);
        }
    }
}
