//! The table as a statement that a person can run by hand.

use std::fmt::Write as _;

use super::Definition;

/// `CREATE EXTERNAL TABLE …` in Athena's DDL.
#[must_use]
pub fn ddl(table: &Definition) -> String {
    let columns = |columns: &[super::Column]| {
        let lines: Vec<_> =
            columns.iter().map(|column| format!("  `{}` {}", column.name, column.hive_type)).collect();
        lines.join(",\n")
    };
    let pairs = |pairs: &std::collections::BTreeMap<String, String>| {
        let lines: Vec<_> =
            pairs.iter().map(|(key, value)| format!("  {} = {}", quoted(key), quoted(value))).collect();
        lines.join(",\n")
    };
    // The statement's first line says EXTERNAL already.
    let mut parameters = table.parameters.clone();
    parameters.remove("EXTERNAL");
    let mut text = format!("CREATE EXTERNAL TABLE `{}`.`{}` (\n", table.database, table.name);
    let _ =
        write!(text, "{}\n)\nPARTITIONED BY (\n{}\n)\n", columns(&table.columns), columns(&table.partitions));
    let _ = write!(
        text,
        "ROW FORMAT SERDE {}\nWITH SERDEPROPERTIES (\n{}\n)\nSTORED AS\n  INPUTFORMAT {}\n  OUTPUTFORMAT {}\n",
        quoted(&table.serde),
        pairs(&table.serde_parameters),
        quoted(&table.input_format),
        quoted(&table.output_format)
    );
    let _ = write!(text, "LOCATION {}\nTBLPROPERTIES (\n{}\n)", quoted(&table.location), pairs(&parameters));
    text
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
