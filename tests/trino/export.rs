//! Leaves what the embedded engine was asked and answered in a directory, for another engine to be asked the same:
//! `SITUATION/relations/NAME.ndjson`, `SITUATION/DETECTION.json`, `SITUATION/now`.

use std::{fs, io::Write as _, path::Path};

use datafusion::{arrow::array::Array as _, prelude::SessionContext};
use datafusion_trino::{to_json, type_name};
use datafusion_trino_oracle::Outcome;
use serde_json::{Map, Value, json};
use trailbrief::testing::domain::detection::DetectionId;

/// A statement and its rows.
pub fn statement(folder: &Path, situation: &str, detection: &DetectionId, sql: &str, ours: &Outcome) {
    let folder = folder.join(situation);
    fs::create_dir_all(&folder).expect("the directory can be made");
    let answer = ours.as_ref().unwrap_or_else(|error| panic!("{detection}: {error}"));
    let text = json!({"sql": sql, "columns": answer.columns, "types": answer.types, "rows": answer.rows})
        .to_string();
    fs::write(folder.join(format!("{detection}.json")), text).expect("the file can be written");
}

/// The relations of a situation, and its clock.
pub async fn relations(folder: &Path, situation: &str, context: &SessionContext, now: &str) {
    let folder = folder.join(situation);
    fs::create_dir_all(folder.join("relations")).expect("the directory can be made");
    fs::write(folder.join("now"), now).expect("the file can be written");
    for name in ["events", "history", "accounts", "watchlist", "habits"] {
        let frame = context.table(name).await.expect("a relation");
        let kinds: Map<String, Value> = frame
            .schema()
            .fields()
            .iter()
            .map(|field| (field.name().clone(), Value::String(type_name(field.data_type()))))
            .collect();
        let path = folder.join("relations").join(name);
        fs::write(path.with_extension("types.json"), Value::Object(kinds).to_string())
            .expect("the file can be written");
        let mut file = fs::File::create(path.with_extension("ndjson")).expect("the file can be made");
        for batch in frame.collect().await.expect("its rows") {
            let schema = batch.schema();
            for row in 0..batch.num_rows() {
                let cells = schema.fields().iter().zip(batch.columns());
                let object: Map<String, Value> = cells
                    .filter(|(_, column)| column.is_valid(row))
                    .map(|(field, column)| (field.name().clone(), to_json(column, row)))
                    .collect();
                writeln!(file, "{}", Value::Object(object)).expect("the file can be written");
            }
        }
    }
}
