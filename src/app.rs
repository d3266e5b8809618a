//! Composition root: from the configuration to what runs work with.
//!
//! The only module that knows configuration, library and engine together, and the one that builds the clients of runs.

mod addresses;
#[cfg(feature = "aws")]
mod athena;
pub mod baseline;
mod check;
mod expected;
pub mod log_source;
#[cfg(feature = "aws")]
mod organization;
mod suppressions;
#[cfg(feature = "aws")]
pub mod table;
#[cfg(feature = "aws")]
pub mod upkeep;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use datafusion_trino::{Mention, Output};

use crate::{
    config::{self, AccountList, Bytes, Config, Environment, Sourced, StateLocation, ValueOrigin, Variable},
    domain::{
        account::Accounts,
        brief::Failure,
        detection::{Detection, DetectionId},
        roll_up::LeftOutPack,
        time::Timestamp,
    },
    engine::embedded::{
        EngineError,
        pack::PackLimits,
        reader::Limits,
        session::{Resources, Sessions},
    },
    library::{self, Broken, Inspector, Library, Named, Sources, SqlProblem, SqlShape},
    mmdb::Databases,
    plan::window::Cadence,
    run::RunContext,
    store::{Store, StoreError},
    text::{Diagnostic, Level, Lint, Place},
};

/// Findings of one detection in a brief: more than anyone reads, few enough for memory.
const ROWS_LIMIT: usize = 20_000;

/// Inflated bytes of a file after which it is not read further.
const FILE_LIMIT_BYTES: u64 = 16 << 30;

pub use check::{Checked, check};

/// What commands and the function work with.
#[derive(Debug)]
pub struct App {
    /// The detections.
    pub library: Library,
    /// What runs share.
    pub context: RunContext,
    /// The configuration.
    pub config: Config,
    /// Warnings about the configuration, and all diagnostics of the library: none of them keeps a run from starting.
    pub diagnostics: Vec<Diagnostic>,
}

/// How a run uses the configured table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableUse {
    /// As it is in Glue.
    AsItIs,
    /// As it is, without asking Organizations for the names of accounts.
    #[cfg(feature = "aws")]
    WithoutAccountNames,
    /// After an update for the accounts and regions of this time.
    UpToDate(Timestamp),
}

/// Why the program cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration has errors.
    #[error("the configuration has {}", count(.0))]
    Config(Vec<Diagnostic>),
    /// The current directory is not known.
    #[error("cannot determine the current directory")]
    NoDirectory(#[source] io::Error),
    /// The engine could not be set up.
    #[error("cannot set up the embedded engine")]
    Engine(#[from] EngineError),
}

fn count(diagnostics: &[Diagnostic]) -> String {
    match diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count() {
        1 => "1 error".to_owned(),
        many => format!("{many} errors"),
    }
}

/// The configuration alone.
///
/// # Errors
///
/// If it has an error.
pub fn configuration(named: Option<&Path>) -> Result<Config, AppError> {
    configured(named)?.map_err(AppError::Config)
}

fn configured(named: Option<&Path>) -> Result<Result<Config, Vec<Diagnostic>>, AppError> {
    let environment = Environment::read();
    #[cfg(feature = "s3")]
    crate::s3::endpoint::prefer(environment.fips_endpoint, environment.dual_stack_endpoint);
    #[cfg(feature = "aws")]
    if let Variable::Set(name) = &environment.profile {
        crate::aws::profile::choose(name, &environment.profile_files);
    }
    let named = named.map(Path::to_owned).or(match environment.config {
        Variable::Set(path) => Some(path),
        Variable::NotSet => None,
    });
    let here = std::env::current_dir().map_err(AppError::NoDirectory)?;
    Ok(match environment.config_text {
        Variable::Set(text) if named.is_none() && !here.join(config::FILE_NAME).exists() => {
            config::load_text(&text, &here)
        }
        _ => config::load(named.as_deref(), &here),
    })
}

/// The shipped library and the user's own detections that the configuration names, with everything that is wrong with them.
#[must_use]
pub fn read_library(config: Option<&Config>, shipped: Sources) -> (Library, Vec<Diagnostic>) {
    library_of(&shipped.with_user_paths(&config.map(Config::user_paths).unwrap_or_default()))
}

fn library_of(sources: &Sources) -> (Library, Vec<Diagnostic>) {
    let inspector = Inspector { inspect: &shape, known_functions: datafusion_trino::known_functions() };
    library::load(sources, &inspector)
}

/// A place that the engine gives.
fn place_of(line: Option<u64>, column: Option<u64>) -> Option<Place> {
    Some(Place { line: usize::try_from(line?).ok()?, column: usize::try_from(column?).ok()? })
}

/// The library's questions about SQL, answered by the embedded engine's parser.
fn shape(text: &str) -> Result<SqlShape, SqlProblem> {
    let number = |value: u64| usize::try_from(value).unwrap_or(1);
    let place = |mention: &Mention| Place { line: number(mention.line), column: number(mention.column) };
    let named = |mention: &Mention| Named { name: mention.name.clone(), place: place(mention) };
    match datafusion_trino::inspect(text) {
        Ok(inspected) => Ok(SqlShape {
            relations: inspected.relations.iter().map(named).collect(),
            functions: inspected.functions.iter().map(named).collect(),
            stars: inspected
                .outputs
                .iter()
                .filter_map(|output| match output {
                    Output::Column(_) => None,
                    Output::Wildcard(mention) => Some(place(mention)),
                })
                .collect(),
            outputs: inspected
                .outputs
                .iter()
                .filter_map(|output| match output {
                    Output::Column(mention) => Some(mention.name.to_lowercase()),
                    Output::Wildcard(_) => None,
                })
                .collect(),
        }),
        Err(error) => Err(SqlProblem {
            place: place_of(error.line, error.column),
            message: error.message,
            hint: error.hint,
        }),
    }
}

/// The store for the state of a configuration's schedules. Nothing is read yet.
///
/// # Errors
///
/// If this build cannot use the configured location.
pub fn store_of(config: &Config) -> Result<Store, StoreError> {
    match &config.state.value {
        StateLocation::Directory(path) => Ok(Store::directory(path.clone())),
        StateLocation::S3 { bucket, prefix } => Store::s3(bucket, prefix),
    }
}

impl App {
    /// Loads configuration, library with all cases, and engine.
    ///
    /// # Errors
    ///
    /// If the configuration has an error. A broken detection is not one: it becomes part of the brief.
    pub fn load(config: Option<&Path>) -> Result<Self, AppError> {
        Self::with(configuration(config)?, |sources| sources)
    }

    /// Loads what a run needs: the same without the library's cases.
    ///
    /// # Errors
    ///
    /// Those of [`App::load`].
    pub fn load_to_run(config: Option<&Path>) -> Result<Self, AppError> {
        Self::with(configuration(config)?, Sources::without_cases)
    }

    fn with(config: Config, needed: fn(Sources) -> Sources) -> Result<Self, AppError> {
        let sources = Sources::shipped().with_user_paths(&config.user_paths());
        let (library, mut diagnostics) = library_of(&needed(sources));
        let mut unresolved = config::resolve(&config, &library);
        let (databases, unusable) = addresses::open(&config);
        unresolved.extend(unusable);
        if unresolved.iter().any(|diagnostic| diagnostic.level == Level::Error) {
            return Err(AppError::Config(unresolved));
        }
        diagnostics.extend(unresolved);
        let context = RunContext { databases, ..run_context(&config, &library)? };
        Ok(Self { library, context, config, diagnostics })
    }

    /// The enabled detections and the cadence of a schedule; `None` if there is no such schedule.
    #[must_use]
    pub fn schedule(&self, name: &str) -> Option<(Vec<&Detection>, Cadence)> {
        let schedule = self.config.schedules.get(name)?;
        let detections = self
            .library
            .in_packs(&schedule.packs.value)
            .filter(|detection| !self.config.is_disabled(&detection.id))
            .collect();
        let cadence = Cadence {
            every: schedule.every.value,
            lateness: schedule.lateness.value,
            max_window: schedule.max_window.value,
            catch_up: schedule.catch_up.value,
            max_age: schedule.max_age.value,
            settle: schedule.settle.value,
        };
        Some((detections, cadence))
    }

    /// The packs whose detections a schedule leaves out, each with the schedules that run it.
    #[must_use]
    pub fn packs_left_out(&self, schedule: &str) -> Vec<LeftOutPack> {
        let Some((own, _)) = self.schedule(schedule) else { return Vec::new() };
        let own: BTreeSet<&DetectionId> = own.iter().map(|detection| &detection.id).collect();
        let left_out = |pack: &str| {
            let packs = [pack.to_owned()];
            let others = self.library.in_packs(&packs).filter(|it| !self.config.is_disabled(&it.id));
            let others: Vec<&Detection> = others.filter(|it| !own.contains(&it.id)).collect();
            let schedules = self.config.schedules.iter();
            let schedules =
                schedules.filter(|(_, schedule)| schedule.packs.value.iter().any(|it| it == pack));
            Some(LeftOutPack {
                pack: pack.to_owned(),
                detections: others.len() as u64,
                worst: others.iter().map(|detection| detection.severity).max()?,
                schedules: schedules.map(|(name, _)| name.clone()).collect(),
            })
        };
        self.library.packs().into_iter().filter_map(left_out).collect()
    }

    /// The store for the state of schedules. Nothing is read yet.
    ///
    /// # Errors
    ///
    /// If this build cannot use the configured location.
    pub fn store(&self) -> Result<Store, StoreError> {
        store_of(&self.config)
    }

    /// Detections whose files are broken, for the brief.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        let failure = |broken: &Broken| {
            Some(Failure {
                detection: broken.id.clone()?,
                reason: format!("its file `{}` is broken: {}", broken.file, broken.reason),
                hint: Some("run `trailbrief check`".to_owned()),
            })
        };
        self.library.broken().iter().filter_map(failure).collect()
    }

    /// Notes about the library for the reader of a brief: broken files without an id, files that could not be read, and packs
    /// without detections. No other part of a brief shows that these detections are missing.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let nameless = self.library.broken().iter().filter(|broken| broken.id.is_none());
        let unused =
            nameless.map(|broken| format!("`{}` is not used as a detection: {}", broken.file, broken.reason));
        let harmless = [Lint::UnknownDetection, Lint::UnreadWatchlist];
        let missing = self.warnings().filter(|problem| !harmless.contains(&problem.code));
        unused.chain(missing.map(|problem| problem.message.clone())).collect()
    }

    /// Replaces the known accounts by those that were found while the log source was resolved, if there are any.
    pub fn learn_accounts(&mut self, accounts: Option<Accounts>) {
        if let Some(accounts) = accounts {
            self.context.accounts = accounts;
        }
    }

    /// Where a run differs from what the configuration asks for: paths and packs without detections, patterns that match none,
    /// watch-lists that no detection reads.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        let shown = [Lint::Unreadable, Lint::UnknownPack, Lint::UnknownDetection, Lint::UnreadWatchlist];
        self.diagnostics.iter().filter(move |problem| shown.contains(&problem.code))
    }
}

/// The engine's memory in bytes. A small function leaves half of its memory to everything else.
fn engine_memory(configured: &Sourced<Bytes>, function: &Variable<u64>) -> u64 {
    let configured_bytes = configured.value.get();
    match (configured.origin, function) {
        (ValueOrigin::Default, Variable::Set(function_bytes)) => configured_bytes.min(function_bytes / 2),
        _ => configured_bytes,
    }
}

fn run_context(config: &Config, library: &Library) -> Result<RunContext, EngineError> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let bytes = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let memory = engine_memory(&config.limits.memory, &Environment::read().function_memory);
    let resources = Resources { memory_bytes: bytes(memory), threads_per_query: 1 };
    let limits = PackLimits {
        threads,
        candidate_bytes: bytes(config.limits.candidates_memory.value.get()),
        rows: ROWS_LIMIT,
        reader: Limits {
            record_bytes: bytes(config.limits.record.value.get()),
            file_bytes: FILE_LIMIT_BYTES,
        },
        deadline: None,
    };
    let params: BTreeMap<_, _> =
        library.detections().map(|detection| (detection.id.clone(), config.params_of(detection))).collect();
    Ok(RunContext {
        expected: expected::of(config),
        accounts: match &config.accounts {
            AccountList::NotConfigured => Accounts::default(),
            AccountList::Listed(accounts) => accounts.clone(),
        },
        watchlist: config
            .watchlists
            .iter()
            .flat_map(|(list, values)| values.value.iter().map(move |value| (list.clone(), value.clone())))
            .collect(),
        learning: config.baseline.learning.value,
        daily_statement: config.baseline.daily_statement.value,
        zone: config.timezone.value,
        databases: Databases::default(),
        params,
        suppressions: config.suppressions.clone(),
        sessions: Sessions::new(resources)?.with_views(library.views().clone()),
        limits,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_function_leaves_memory_to_everything_else() {
        let default = Sourced::default("512MB".parse::<Bytes>().unwrap());
        let given = Sourced {
            value: "512MB".parse::<Bytes>().unwrap(),
            origin: ValueOrigin::File { line: 1, column: 1 },
        };
        let function = |mebibytes: u64| Variable::Set(mebibytes << 20);
        for (configured, function, bytes) in [
            (&default, function(512), 256 << 20),
            (&default, function(1_024), 512_000_000),
            (&default, Variable::NotSet, 512_000_000),
            (&given, function(512), 512_000_000),
        ] {
            assert_eq!(engine_memory(configured, &function), bytes, "{function:?}");
        }
    }
}
