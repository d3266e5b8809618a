//! Output of a brief: standard output, and files in every format for `--out`.

use std::{
    fs,
    io::{IsTerminal as _, Write as _, stdout},
    path::Path,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::{Format, UserError};
use crate::{
    config::Environment,
    domain::{brief::Brief, message::Message, trace::TraceEvent},
    render::{self, TextStyle},
};

/// The width of a text that goes to a file or a pipe, in columns.
const WIDTH: usize = 78;
/// Between these widths a text fits the terminal, in columns.
const WIDTHS: (usize, usize) = (50, 200);

/// How the brief is shown on standard output.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ShowOptions {
    /// Format of the brief on standard output
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    format: Format,
    /// Show only the headline and a line for each story
    #[arg(long, conflicts_with = "format", help_heading = "Output")]
    summary: bool,
    /// Whether the text has colours; `auto` means on a terminal, unless NO_COLOR is set or TERM is `dumb`
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Output")]
    color: Color,
    /// Show no brief and no progress, only errors
    #[arg(short, long, conflicts_with_all = ["summary", "format"], help_heading = "Output")]
    pub(super) quiet: bool,
}

/// When a text has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ShowOptions {
    /// How a text is laid out on standard output.
    fn style(self) -> TextStyle {
        let color = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => plain_style().color,
        };
        TextStyle { color, ..plain_style() }
    }
}

/// How a text is laid out on standard output, if no option says it: as wide as the terminal, and in colours there.
pub(super) fn plain_style() -> TextStyle {
    let terminal = stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    let width = terminal.map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(WIDTHS.0, WIDTHS.1));
    TextStyle { width, color: stdout().is_terminal() && !Environment::read().no_color }
}

/// Shows the brief on standard output. On a terminal a summary follows the text, so that it is what stays on the screen.
pub(super) fn show(brief: &Brief, options: ShowOptions) -> Result<(), UserError> {
    let style = options.style();
    match options.format {
        _ if options.quiet => Ok(()),
        _ if options.summary => print(&render::summary(brief, style)),
        Format::Text if stdout().is_terminal() => {
            let rule = "=".repeat(style.width);
            print(&format!("{}\n{rule}\n{}", render::text(brief, style), render::summary(brief, style)))
        }
        format => print(&render(brief, format, style)?),
    }
}

/// Writes to standard output. A closed pipe is not an error.
pub(super) fn print(text: &str) -> Result<(), UserError> {
    let mut out = stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(UserError::failed(anyhow::Error::new(error).context("cannot write to standard output")))
        }
        _ => Ok(()),
    }
}

/// Shows a stored brief on standard output.
pub(super) fn show_message(message: &Message, options: ShowOptions) -> Result<(), UserError> {
    if options.quiet { Ok(()) } else { print(form(message, options.format)) }
}

/// Creates the directory for the brief. This is done before the run: if it fails, nothing was read or paid for.
pub(super) fn make(folder: &Path) -> Result<(), UserError> {
    make_folder(folder).map_err(|error| UserError::usage(error).hint(WRITABLE))
}

const WRITABLE: &str = "give `--out` a directory that you can write to";

fn make_folder(folder: &Path) -> Result<(), anyhow::Error> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create the directory `{}`", folder.display()))
}

/// Writes the brief in every format into a directory, which is created if it does not exist, and a page to search with the
/// records of these events.
pub(super) fn write(brief: &Brief, events: &[TraceEvent], folder: &Path) -> Result<(), UserError> {
    write_forms(folder, |format| render(brief, format, TextStyle { width: WIDTH, color: false }))?;
    write_file(folder, REPORT, &render::report(&render::json(brief), events))
}

/// Writes a stored brief in every format into a directory, which is created if it does not exist, and a page to search.
pub(super) fn write_message(message: &Message, folder: &Path) -> Result<(), UserError> {
    write_forms(folder, |format| Ok(form(message, format).to_owned()))?;
    write_file(folder, REPORT, &render::report(&message.json, &[]))
}

/// The page to search.
pub(super) const REPORT: &str = "report.html";

fn form(message: &Message, format: Format) -> &str {
    match format {
        Format::Text => &message.text,
        Format::Json => &message.json,
        Format::Html => &message.html,
        Format::Slack => &message.slack,
        Format::Csv => message.csv.as_deref().unwrap_or_default(),
    }
}

fn write_forms(folder: &Path, form: impl Fn(Format) -> Result<String, UserError>) -> Result<(), UserError> {
    make_folder(folder).map_err(|error| UserError::failed(error).hint(WRITABLE))?;
    for (name, format) in [
        ("brief.txt", Format::Text),
        ("brief.html", Format::Html),
        ("brief.json", Format::Json),
        ("brief.slack.json", Format::Slack),
        ("findings.csv", Format::Csv),
    ] {
        write_file(folder, name, &form(format)?)?;
    }
    Ok(())
}

fn write_file(folder: &Path, name: &str, text: &str) -> Result<(), UserError> {
    let path = folder.join(name);
    fs::write(&path, text)
        .with_context(|| format!("cannot write `{}`", path.display()))
        .map_err(|error| UserError::failed(error).hint(WRITABLE))
}

fn render(brief: &Brief, format: Format, style: TextStyle) -> Result<String, UserError> {
    Ok(match format {
        Format::Text => render::text(brief, style),
        Format::Json => render::json(brief),
        Format::Html => render::html(brief).map_err(UserError::failed)?,
        Format::Slack => render::slack(brief),
        Format::Csv => render::csv(brief),
    })
}
