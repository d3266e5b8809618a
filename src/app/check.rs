//! Everything that is wrong with a configuration and a library.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use datafusion_trino::{ErrorClass, SqlError};

use super::{AppError, addresses, configured, place_of, read_library, suppressions};
use crate::{
    config,
    domain::{
        detection::{Detection, Origin},
        time::Timestamp,
        view::PAST,
    },
    engine::embedded::{
        session::{Resources, Sessions},
        verify::verify,
    },
    library::{Sources, place_in_body, place_in_view},
    plan::Sql,
    text::{Diagnostic, Lint, Place},
};

/// What a check found.
#[derive(Debug)]
pub struct Checked {
    /// Every problem of the configuration and the library.
    pub diagnostics: Vec<Diagnostic>,
    /// How many detections there are, broken ones too.
    pub detections: usize,
    /// How many cases they have.
    pub cases: usize,
}

/// Checks configuration and library, and whether the engine accepts each detection's SQL.
///
/// `shipped` is the library that comes with the program; `now` is what suppressions may have expired by.
///
/// # Errors
///
/// If the current directory is not known, or the engine cannot be set up. Errors in the files are part of the result.
pub async fn check(config: Option<&Path>, shipped: Sources, now: Timestamp) -> Result<Checked, AppError> {
    let (config, mut diagnostics) = match configured(config)? {
        Ok(config) => (Some(config), Vec::new()),
        Err(diagnostics) => (None, diagnostics),
    };
    let (library, problems) = read_library(config.as_ref(), shipped);
    diagnostics.extend(problems);
    if let Some(config) = &config {
        diagnostics.extend(config::resolve(config, &library));
        diagnostics.extend(config::expiring(config, now));
        diagnostics.extend(addresses::open(config).1);
    }
    let sessions = Sessions::new(Resources { memory_bytes: 64 << 20, threads_per_query: 1 })?;
    let sessions = sessions.with_views(library.views().clone());
    let mut refused_views = BTreeSet::new();
    for view in library.views().iter() {
        // What reads a view that is refused would be refused with the same words.
        if !view.reads.is_disjoint(&refused_views) {
            continue;
        }
        if let Err(error) = verify(&sessions, &Sql::of_view(view)).await {
            let place = place_in_view(view, place_of(error.line, error.column));
            diagnostics.push(of_engine(&view.origin, place, error));
            refused_views.extend([view.name.clone(), format!("{PAST}{}", view.name)]);
        }
    }
    for detection in library.detections() {
        let reads = datafusion_trino::inspect(&detection.sql).map_or_else(|_| Vec::new(), |it| it.relations);
        if reads.iter().any(|read| refused_views.contains(&read.name)) {
            continue;
        }
        if let Some(refused) = refused(&sessions, detection).await {
            diagnostics.push(refused);
        }
    }
    if let Some(config) = &config {
        diagnostics.extend(suppressions::faults(&sessions, &library, config).await);
    }
    Ok(Checked {
        diagnostics,
        detections: library.detections().count() + library.broken().len(),
        cases: library.detections().map(|detection| library.cases(&detection.id).len()).sum::<usize>()
            + library.views().iter().map(|view| library.cases_of_view(view).len()).sum::<usize>(),
    })
}

/// The engine's error about a detection's SQL, if there is one.
async fn refused(sessions: &Sessions, detection: &Detection) -> Option<Diagnostic> {
    let file = detection.origin.to_string();
    let sql = Sql::of_detection(detection, &BTreeMap::new());
    let sql = match sql {
        Ok(sql) => sql,
        Err(error) => {
            let place = place_in_body(detection, None);
            return Some(Diagnostic::error(Lint::UndeclaredParam, &file, place, error.to_string()));
        }
    };
    let error = verify(sessions, &sql).await.err()?;
    let place = place_in_body(detection, place_of(error.line, error.column));
    Some(of_engine(&detection.origin, place, error))
}

/// An error of the engine about the SQL of a file.
fn of_engine(file: &Origin, place: Place, error: SqlError) -> Diagnostic {
    let code = match error.class {
        ErrorClass::ColumnNotFound => Lint::UnknownColumn,
        ErrorClass::FunctionNotFound => Lint::UnknownFunction,
        _ => Lint::SqlSyntax,
    };
    Diagnostic::error(code, &file.to_string(), place, error.message).hint_if(error.hint)
}
