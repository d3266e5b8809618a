//! Opens the databases of addresses that the configuration names.

use crate::{
    config::Config,
    mmdb::Databases,
    text::{Diagnostic, Lint},
};

/// The databases, and what is wrong with those that cannot be used.
pub(super) fn open(config: &Config) -> (Databases, Vec<Diagnostic>) {
    let (mut databases, mut problems) = (Databases::default(), Vec::new());
    for path in &config.mmdb {
        if let Err(error) = databases.add(&path.value) {
            let message = format!("cannot use `{}`: {error}", path.value.display());
            let problem =
                Diagnostic::error(Lint::Unreadable, &config.shown_name(), path.origin.place(), message);
            problems.push(problem.hint("give an `.mmdb` file, or remove it from `[addresses] mmdb`"));
        }
    }
    (databases, problems)
}
