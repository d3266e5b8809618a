//! The environment: the only place that reads environment variables.

use std::path::PathBuf;

/// A setting that an environment variable may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Variable<T> {
    /// The variable is not set, or is empty.
    NotSet,
    /// Its value.
    Set(T),
}

/// The environment variables that the program reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// `TRAILBRIEF_CONFIG`: the configuration file, if no flag names one.
    pub config: Variable<PathBuf>,
    /// `TRAILBRIEF_CONFIG_TEXT`: the configuration itself, if there is no file.
    pub config_text: Variable<String>,
    /// `TRAILBRIEF_SCHEDULE`: the schedule of a function's events that name none.
    pub schedule: Variable<String>,
    /// `AWS_LAMBDA_LOG_LEVEL`: the least important level of the function's log.
    pub log_level: Variable<String>,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in bytes: the function's whole memory.
    pub function_memory: Variable<u64>,
    /// `AWS_LAMBDA_RUNTIME_API`: set where Lambda started this process.
    pub is_function: bool,
    /// `AWS_USE_FIPS_ENDPOINT`: whether S3 is reached by endpoints validated by FIPS; the SDK reads it for other services.
    pub fips_endpoint: bool,
    /// `AWS_USE_DUALSTACK_ENDPOINT`: whether S3 is reached by endpoints that have IPv6 addresses, too.
    pub dual_stack_endpoint: bool,
    /// `AWS_PROFILE`: the profile whose credentials the SDK uses.
    pub profile: Variable<String>,
    /// `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE`, or their usual places: the files that define profiles.
    pub profile_files: Vec<PathBuf>,
    /// `RUST_LOG`: what the command line logs, with the syntax that Rust programs share.
    pub rust_log: Variable<String>,
    /// `USER`, else `LOGNAME`, else `USERNAME`: who uses this machine.
    pub user: Variable<String>,
    /// `NO_COLOR`: whether it is set and not empty, or `TERM` is `dumb`; both turn colours off.
    pub no_color: bool,
}

/// The value of a variable that the configuration names.
///
/// A value that is not text counts as not set.
#[must_use]
pub fn variable(name: &str) -> Variable<String> {
    match std::env::var(name) {
        Ok(value) if !value.trim().is_empty() => Variable::Set(value),
        _ => Variable::NotSet,
    }
}

impl Environment {
    /// Reads the process's environment.
    #[must_use]
    pub fn read() -> Self {
        let filled = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_true = |name: &str| matches!(variable(name), Variable::Set(value) if value.trim().eq_ignore_ascii_case("true"));
        let file = |name: &str, usual: &str| {
            let usual = || Some(PathBuf::from(filled("HOME")?).join(".aws").join(usual));
            filled(name).map(PathBuf::from).or_else(usual)
        };
        let files = [file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
        Self {
            config: filled("TRAILBRIEF_CONFIG").map_or(Variable::NotSet, |path| Variable::Set(path.into())),
            config_text: variable("TRAILBRIEF_CONFIG_TEXT"),
            schedule: variable("TRAILBRIEF_SCHEDULE"),
            log_level: variable("AWS_LAMBDA_LOG_LEVEL"),
            function_memory: match variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") {
                Variable::Set(mebibytes) => mebibytes
                    .trim()
                    .parse::<u32>()
                    .map_or(Variable::NotSet, |mebibytes| Variable::Set(u64::from(mebibytes) << 20)),
                Variable::NotSet => Variable::NotSet,
            },
            is_function: filled("AWS_LAMBDA_RUNTIME_API").is_some(),
            fips_endpoint: is_true("AWS_USE_FIPS_ENDPOINT"),
            dual_stack_endpoint: is_true("AWS_USE_DUALSTACK_ENDPOINT"),
            profile: variable("AWS_PROFILE"),
            profile_files: files.into_iter().flatten().collect(),
            rust_log: variable("RUST_LOG"),
            user: ["USER", "LOGNAME", "USERNAME"]
                .into_iter()
                .map(variable)
                .find(|name| *name != Variable::NotSet)
                .unwrap_or(Variable::NotSet),
            no_color: filled("NO_COLOR").is_some() || filled("TERM").is_some_and(|term| term == "dumb"),
        }
    }
}
