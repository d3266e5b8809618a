//! `DESCRIBE`: the columns of a relation or a view, with their types and what they mean. Reads no log.

use datafusion_trino::{SqlError, TableNames};
use futures::stream;

use super::{ResultFormat, refused, written};
use crate::{
    app::App,
    cli::{Exit, Outcome},
    engine::embedded::{adhoc::AdHocError, answer, text_rows, verify::verify},
    plan::Sql,
};

/// Prints the columns of a relation, given by the parts of its name; `names` are those that mean `events`.
pub(super) async fn run(app: &App, parts: &[String], names: &TableNames, format: ResultFormat) -> Outcome {
    let means_events = names.mean(&parts.iter().map(String::as_str).collect::<Vec<_>>());
    let relation = if means_events { "events".to_owned() } else { parts.join(".") };
    let views = app.library.views();
    let columns = verify(&app.context.sessions, &Sql::reading(&relation))
        .await
        .map_err(|error| refused(AdHocError::Refused(SqlError { line: None, column: None, ..error })))?;
    let view = views.find(&relation).and_then(|(number, _)| views.iter().nth(number));
    let meaning = |name: &str| {
        let found = view.and_then(|view| view.columns.iter().find(|(column, _)| column == name));
        found.map(|(_, meaning)| match meaning.as_str() {
            "" => "as in `events`".to_owned(),
            meaning => meaning.to_owned(),
        })
    };
    let rows = columns.into_iter().map(|(name, kind)| {
        let meaning = meaning(&name);
        vec![Some(name), Some(kind), meaning]
    });
    let rows = Ok(rows.collect());
    let columns = ["column", "type", "meaning"].map(|name| (name.to_owned(), "varchar".to_owned()));
    let described = text_rows::answer(&columns, stream::once(std::future::ready(rows)));
    let result = answer::write(described, format.of_answer(), &mut std::io::stdout().lock()).await;
    Ok(written(result)?.unwrap_or(Exit::Done))
}
