//! Writes the answer to an ad hoc statement while it arrives: as a table, as JSON, or as Athena's CSV. Runs nothing itself.

use std::io::{self, Write};

use datafusion::arrow::{
    array::{Array as _, RecordBatch},
    datatypes::{DataType, SchemaRef},
};
use datafusion_trino::{format_value, to_json};
use futures::StreamExt as _;
use unicode_width::UnicodeWidthStr as _;

use super::adhoc::{AnswerStream, broke_off};
use crate::engine::NoAnswer;

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFormat {
    /// Aligned columns, for people.
    Table,
    /// An array of row objects; nested values as JSON.
    Json,
    /// Athena's: quoted values, NULL empty without quotes.
    Csv,
}

/// Why an answer could not be written to its end.
#[derive(Debug)]
pub enum WriteError {
    /// The query failed.
    Failed(NoAnswer),
    /// The output cannot be written.
    Io(io::Error),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes an answer as it arrives.
///
/// # Errors
///
/// If the query fails on the way, or the output cannot be written.
pub async fn write(
    mut arriving: AnswerStream,
    format: AnswerFormat,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    let mut writer = Writer { format, names: names(&arriving.schema), widths: Vec::new(), rows: 0, out };
    let mut has_begun = false;
    while let Some(batch) = arriving.batches.next().await {
        let batch = batch.map_err(|error| WriteError::Failed(broke_off(error)))?;
        // A query that fails before its first row prints nothing.
        if !has_begun && batch.num_rows() > 0 {
            writer.begin()?;
            has_begun = true;
        }
        writer.batch(&batch)?;
    }
    if !has_begun {
        writer.begin()?;
    }
    writer.end()?;
    Ok(())
}

fn names(schema: &SchemaRef) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

/// The widest column of a table, except for the last.
const WIDEST: usize = 60;

struct Writer<'a, W> {
    format: AnswerFormat,
    names: Vec<String>,
    widths: Vec<usize>,
    rows: u64,
    out: &'a mut W,
}

impl<W: Write> Writer<'_, W> {
    fn begin(&mut self) -> io::Result<()> {
        match self.format {
            AnswerFormat::Table => Ok(()),
            AnswerFormat::Json => self.out.write_all(b"["),
            AnswerFormat::Csv => {
                let header: Vec<String> = self.names.iter().map(|name| quoted(name)).collect();
                writeln!(self.out, "{}", header.join(","))
            }
        }
    }

    fn batch(&mut self, batch: &RecordBatch) -> io::Result<()> {
        match self.format {
            AnswerFormat::Table => self.table(batch),
            AnswerFormat::Json => self.json(batch),
            AnswerFormat::Csv => self.csv(batch),
        }
    }

    /// The first batch decides the widths: an answer may be larger than memory.
    fn table(&mut self, batch: &RecordBatch) -> io::Result<()> {
        let rows: Vec<Vec<String>> = (0..batch.num_rows())
            .map(|row| {
                let cell = |column: &_| match format_value(column, row) {
                    Some(text) => crate::domain::untrusted::visible(&text),
                    None => "NULL".to_owned(),
                };
                batch.columns().iter().map(|column| cell(column.as_ref())).collect()
            })
            .collect();
        if self.rows == 0 && !rows.is_empty() {
            self.header(batch, &rows)?;
        }
        for row in rows {
            self.rows += 1;
            let cells: Vec<String> =
                row.iter().enumerate().map(|(at, cell)| self.padded(batch, at, cell)).collect();
            writeln!(self.out, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }

    fn header(&mut self, batch: &RecordBatch, rows: &[Vec<String>]) -> io::Result<()> {
        self.widths = (0..self.names.len())
            .map(|at| {
                let widest = rows.iter().map(|row| row[at].width()).max().unwrap_or(0);
                widest.max(self.names[at].width()).min(WIDEST)
            })
            .collect();
        let names: Vec<String> =
            self.names.clone().iter().enumerate().map(|(at, name)| self.padded(batch, at, name)).collect();
        let rule: Vec<String> = self.widths.iter().map(|width| "─".repeat(*width)).collect();
        writeln!(self.out, "{}\n{}", names.join("  ").trim_end(), rule.join("  "))
    }

    fn padded(&self, batch: &RecordBatch, at: usize, cell: &str) -> String {
        let gap = " ".repeat(self.widths.get(at).copied().unwrap_or(0).saturating_sub(cell.width()));
        let right = matches!(
            batch.column(at).data_type(),
            DataType::Int32 | DataType::Int64 | DataType::Float64 | DataType::UInt64
        );
        if right { gap + cell } else { cell.to_owned() + &gap }
    }

    fn json(&mut self, batch: &RecordBatch) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            self.out.write_all(if self.rows == 0 { b"\n" } else { b",\n" })?;
            self.rows += 1;
            let mut object = serde_json::Map::new();
            for (at, (name, column)) in self.names.iter().zip(batch.columns()).enumerate() {
                // Two columns may have the same name in SQL, not in an object.
                let name =
                    if object.contains_key(name) { format!("{name}_{}", at + 1) } else { name.clone() };
                object.insert(name, to_json(column.as_ref(), row));
            }
            serde_json::to_writer(&mut *self.out, &object)?;
        }
        Ok(())
    }

    fn csv(&mut self, batch: &RecordBatch) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = batch
                .columns()
                .iter()
                .map(|column| {
                    format_value(column.as_ref(), row).map_or_else(String::new, |text| quoted(&text))
                })
                .collect();
            writeln!(self.out, "{}", cells.join(","))?;
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        match self.format {
            AnswerFormat::Json => self.out.write_all(if self.rows == 0 { b"]\n" } else { b"\n]\n" })?,
            AnswerFormat::Table if self.rows == 0 => {
                writeln!(self.out, "{}\n(no rows)", self.names.join("  "))?
            }
            AnswerFormat::Table => {
                writeln!(self.out, "({} {})", self.rows, if self.rows == 1 { "row" } else { "rows" })?;
            }
            AnswerFormat::Csv => {}
        }
        self.out.flush()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}
