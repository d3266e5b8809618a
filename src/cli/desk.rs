//! Brings together what a command works with: configuration, library, engine. The composition root of the command line.

use std::{collections::BTreeMap, path::PathBuf};

use super::{ConfigOption, PickOptions, Refusal, unknown_detection};
use crate::{
    config::{self, AccountList, Config, Environment, StateLocation, Variable},
    domain::{
        account::Accounts,
        brief::Failure,
        detection::{Detection, DetectionId, pattern_matches},
    },
    engine::embedded::{
        functions,
        pack::PackLimits,
        reader::Limits,
        session::{Resources, Sessions},
        source::Source,
        sql,
    },
    library::{self, Broken, Diagnostic, Inspector, Level, Library, Sources, SqlProblem, SqlShape},
    plan::window::Cadence,
    run::Desk,
};

/// Rows that one detection may return: more than anyone reads, few enough to hold.
const ROWS_LIMIT: usize = 20_000;

/// A file larger than this, inflated, is not read to its end.
const FILE_LIMIT_BYTES: u64 = 16 << 30;

/// What a command works with.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) library: Library,
    pub(super) desk: Desk,
    config: Config,
}

/// What `check` found.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) diagnostics: Vec<Diagnostic>,
    pub(super) detections: usize,
    pub(super) cases: usize,
}

/// Opens a place with logs.
pub(super) fn open(place: &str) -> Result<Source, Refusal> {
    Source::open(place).map_err(|error| {
        Refusal::usage(error).hint("give a directory or file with CloudTrail logs, or s3://bucket/prefix")
    })
}

/// Loads and checks everything, without an engine.
pub(super) fn check(options: &ConfigOption) -> Result<Checked, Refusal> {
    let (config, mut diagnostics) = match configured(options)? {
        Ok(config) => (Some(config), Vec::new()),
        Err(diagnostics) => (None, diagnostics),
    };
    let (library, problems) = load(config.as_ref());
    diagnostics.extend(problems);
    if let Some(config) = &config {
        diagnostics.extend(config::resolve(config, &library));
    }
    Ok(Checked {
        diagnostics,
        detections: library.detections().count() + library.broken().len(),
        cases: library.detections().map(|detection| library.cases(&detection.id).len()).sum(),
    })
}

fn configured(options: &ConfigOption) -> Result<Result<Config, Vec<Diagnostic>>, Refusal> {
    let named = options.config.clone().or_else(|| match Environment::read().config {
        Variable::Set(path) => Some(path),
        Variable::NotSet => None,
    });
    let here = std::env::current_dir()
        .map_err(|error| Refusal::failed(anyhow::Error::new(error).context("cannot tell the current directory")))?;
    Ok(config::load(named.as_deref(), &here))
}

fn load(config: Option<&Config>) -> (Library, Vec<Diagnostic>) {
    let paths = config.map(|config| config.library_paths.value.clone()).unwrap_or_default();
    let known = functions::known();
    let inspector = Inspector { inspect: &shape, known_functions: &known };
    library::load(&Sources::shipped().with_user_paths(&paths), &inspector)
}

/// The library's questions about SQL, answered by the embedded engine's parser.
fn shape(text: &str) -> Result<SqlShape, SqlProblem> {
    sql::inspect(text)
}

impl Setup {
    /// Loads configuration, library and engine. A mistake in the configuration ends the command; a broken detection does
    /// not, it becomes part of the brief.
    pub(super) fn load(options: &ConfigOption) -> Result<Self, Refusal> {
        let config = configured(options)?.map_err(|diagnostics| refuse(&diagnostics))?;
        let (library, problems) = load(Some(&config));
        let unresolved = config::resolve(&config, &library);
        if unresolved.iter().any(|diagnostic| diagnostic.level == Level::Error) {
            return Err(refuse(&unresolved));
        }
        for diagnostic in problems.iter().chain(&unresolved) {
            eprintln!("{diagnostic}");
        }
        let desk = desk(&config, &library).map_err(Refusal::failed)?;
        Ok(Self { library, desk, config })
    }

    /// The detections that these options pick; all that are not disabled, if they say nothing.
    pub(super) fn pick(&self, options: &PickOptions) -> Result<Vec<&Detection>, Refusal> {
        for pack in &options.pack {
            if !self.library.packs().contains(pack.as_str()) {
                let known: Vec<&str> = self.library.packs().into_iter().collect();
                return Err(Refusal::usage(anyhow::anyhow!("there is no pack `{pack}`"))
                    .hint(format!("packs are: {}", known.join(", "))));
            }
        }
        for pattern in &options.query {
            if !self.library.detections().any(|detection| pattern_matches(pattern, &detection.id)) {
                if let Some(broken) = self.library.broken().iter().find(|broken| is(broken, pattern)) {
                    return Err(Refusal::usage(anyhow::anyhow!("`{pattern}` is broken: {}", broken.reason))
                        .hint("`trailbrief check` says everything that is wrong with it"));
                }
                return Err(unknown_detection(pattern, self.library.nearest(pattern)));
            }
        }
        let picked = |detection: &&Detection| {
            let named = options.query.iter().any(|pattern| pattern_matches(pattern, &detection.id));
            let packed = detection.packs.iter().any(|pack| options.pack.contains(pack));
            match (options.query.is_empty(), options.pack.is_empty()) {
                (true, true) => !self.config.is_disabled(&detection.id),
                (true, false) => packed && !self.config.is_disabled(&detection.id),
                (false, true) => named,
                (false, false) => named && packed,
            }
        };
        Ok(self.library.detections().filter(picked).collect())
    }

    /// The detections and the cadence of a schedule.
    pub(super) fn schedule(&self, name: &str) -> Result<(Vec<&Detection>, Cadence), Refusal> {
        let Some(schedule) = self.config.schedules.get(name) else {
            let known: Vec<&str> = self.config.schedules.keys().map(String::as_str).collect();
            return Err(Refusal::usage(anyhow::anyhow!("there is no schedule `{name}`"))
                .hint(format!("schedules are: {}", known.join(", "))));
        };
        let detections = self
            .library
            .in_packs(&schedule.packs.value)
            .filter(|detection| !self.config.is_disabled(&detection.id))
            .collect();
        let cadence = Cadence {
            every: schedule.every.value,
            lateness: schedule.lateness.value,
            catch_up: schedule.catch_up.value,
        };
        Ok((detections, cadence))
    }

    /// Where states are kept.
    pub(super) fn state_path(&self) -> PathBuf {
        match &self.config.state.value {
            StateLocation::Directory(path) => path.clone(),
        }
    }

    /// Detections whose files are broken, for the brief.
    pub(super) fn failures(&self) -> Vec<Failure> {
        let failure = |broken: &Broken| {
            Some(Failure {
                detection: broken.id.clone()?,
                reason: format!("its file `{}` is broken: {}", broken.file, broken.reason),
                hint: Some("run `trailbrief check`".to_owned()),
            })
        };
        self.library.broken().iter().filter_map(failure).collect()
    }

    /// What the reader of a brief must know of the library: broken files that do not even tell an id.
    pub(super) fn notes(&self) -> Vec<String> {
        self.library
            .broken()
            .iter()
            .filter(|broken| broken.id.is_none())
            .map(|broken| format!("`{}` is not used as a detection: {}", broken.file, broken.reason))
            .collect()
    }
}

fn is(broken: &Broken, text: &str) -> bool {
    broken.id.as_ref().is_some_and(|id: &DetectionId| id.as_str() == text)
}

fn refuse(diagnostics: &[Diagnostic]) -> Refusal {
    for diagnostic in diagnostics {
        eprintln!("{diagnostic}\n");
    }
    let count = diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count();
    let errors = if count == 1 { "1 error".to_owned() } else { format!("{count} errors") };
    Refusal::usage(anyhow::anyhow!("the configuration has {errors}"))
}

fn desk(config: &Config, library: &Library) -> Result<Desk, datafusion::error::DataFusionError> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let bytes = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let resources =
        Resources { memory_bytes: bytes(config.limits.memory.value.get()), threads_per_query: 1 };
    let limits = PackLimits {
        threads,
        candidate_bytes: bytes(config.limits.candidates_memory.value.get()),
        rows: ROWS_LIMIT,
        reader: Limits { record_bytes: bytes(config.limits.record.value.get()), file_bytes: FILE_LIMIT_BYTES },
    };
    let params: BTreeMap<_, _> = library
        .detections()
        .map(|detection| (detection.id.clone(), config.params_of(detection)))
        .collect();
    Ok(Desk {
        accounts: match &config.accounts {
            AccountList::NotConfigured => Accounts::default(),
            AccountList::Listed(accounts) => accounts.clone(),
        },
        watchlist: config
            .watchlists
            .iter()
            .flat_map(|(list, values)| values.value.iter().map(move |value| (list.clone(), value.clone())))
            .collect(),
        params,
        suppressions: config.suppressions.clone(),
        sessions: Sessions::new(resources)?,
        limits,
    })
}
