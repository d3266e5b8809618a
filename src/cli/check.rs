//! `trailbrief check`: every problem of the library and the configuration at once; what a problem's code means; the
//! configuration in effect.

use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};

use super::{ConfigOption, Exit, Outcome, load, output};
use crate::{
    render::wrap,
    text::{Level, Lint},
};

/// Options of `check`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// Print the configuration in effect, each value with its origin, and check nothing else
    #[arg(long)]
    effective: bool,
    /// Explain the code of a problem, such as unknown-key; without a code, list all codes
    #[arg(
        long,
        value_name = "CODE",
        num_args = 0..=1,
        default_missing_value = LIST,
        value_parser = explanation(),
        hide_possible_values = true,
        conflicts_with_all = ["effective", "config"],
    )]
    explain: Option<Explanation>,
}

/// What stands for a code to list them all.
const LIST: &str = "list";

/// The width of an explanation, in columns.
const WIDTH: usize = 78;

/// What `--explain` asks for.
#[derive(Clone, Copy, Debug)]
enum Explanation {
    /// All codes, each with its sentence.
    All,
    /// One code.
    One(Lint),
}

/// Accepts the codes, so that the parser suggests the nearest one and shells complete them.
fn explanation() -> impl clap::builder::TypedValueParser<Value = Explanation> {
    let codes = Lint::ALL.iter().map(|lint| lint.code()).chain([LIST]);
    PossibleValuesParser::new(codes)
        .map(|code| Lint::with_code(&code).map_or(Explanation::All, Explanation::One))
}

pub(super) async fn run(options: Options) -> Outcome {
    match options.explain {
        Some(Explanation::All) => {
            output::print(&list())?;
            Ok(Exit::Done)
        }
        Some(Explanation::One(lint)) => {
            output::print(&explained(lint))?;
            Ok(Exit::Done)
        }
        None if options.effective => {
            output::print(&load::configuration(&options.config)?.effective())?;
            Ok(Exit::Done)
        }
        None => check(&options.config).await,
    }
}

fn list() -> String {
    let width = Lint::ALL.iter().map(|lint| lint.code().len()).max().unwrap_or(0);
    let lines = Lint::ALL.iter().map(|lint| format!("{:<width$}  {}", lint.code(), lint.sentence()));
    lines.collect::<Vec<_>>().join("\n")
}

fn explained(lint: Lint) -> String {
    let text = wrap(lint.explanation(), WIDTH).join("\n");
    format!("{}: {}\n\n{text}", lint.code(), lint.sentence())
}

async fn check(config: &ConfigOption) -> Outcome {
    let checked = load::check(config).await?;
    for diagnostic in &checked.diagnostics {
        output::print(&diagnostic.to_string())?;
        output::print("")?;
    }
    let count = |level: Level| checked.diagnostics.iter().filter(|one| one.level == level).count();
    let (errors, warnings) = (count(Level::Error), count(Level::Warning));
    output::print(&format!(
        "{}, {} checked: {}, {}",
        counted(checked.detections, "detection"),
        counted(checked.cases, "case"),
        counted(errors, "error"),
        counted(warnings, "warning"),
    ))?;
    if errors + warnings > 0 {
        output::print("`trailbrief check --explain CODE` explains a code")?;
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::Usage })
}

/// A number with its word, such as `1 error` or `2 errors`.
pub(super) fn counted(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}
