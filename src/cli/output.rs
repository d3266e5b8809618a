//! Output of a brief: standard output, and files in every format for `--out`.

use std::{
    fs,
    io::{IsTerminal as _, Write as _, stdout},
    path::Path,
};

use anyhow::Context as _;

use super::{Format, UserError};
use crate::{
    config::Environment,
    domain::{brief::Brief, message::Message},
    render::{self, TextStyle},
};

/// Shows the brief on standard output.
pub(super) fn show(brief: &Brief, format: Format) -> Result<(), UserError> {
    let color = stdout().is_terminal() && !Environment::read().no_color;
    let text = render(brief, format, color)?;
    print(&text)
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
pub(super) fn show_message(message: &Message, format: Format) -> Result<(), UserError> {
    print(form(message, format))
}

/// Creates the directory for the brief. This is done before the run: if it fails, nothing was read or paid for.
pub(super) fn make(folder: &Path) -> Result<(), UserError> {
    make_folder(folder).map_err(|error| UserError::usage(error).hint(WRITABLE))
}

const WRITABLE: &str = "give `--out` a directory that you can write to";

fn make_folder(folder: &Path) -> Result<(), anyhow::Error> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create the directory `{}`", folder.display()))
}

/// Writes the brief in every format into a directory, which is created if it does not exist.
pub(super) fn write(brief: &Brief, folder: &Path) -> Result<(), UserError> {
    write_forms(folder, |format| render(brief, format, false))
}

/// Writes a stored brief in every format into a directory, which is created if it does not exist.
pub(super) fn write_message(message: &Message, folder: &Path) -> Result<(), UserError> {
    write_forms(folder, |format| Ok(form(message, format).to_owned()))
}

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
    let failed = |error: anyhow::Error| UserError::failed(error).hint(WRITABLE);
    make_folder(folder).map_err(failed)?;
    for (name, format) in [
        ("brief.txt", Format::Text),
        ("brief.html", Format::Html),
        ("brief.json", Format::Json),
        ("brief.slack.json", Format::Slack),
        ("findings.csv", Format::Csv),
    ] {
        let path = folder.join(name);
        fs::write(&path, form(format)?)
            .with_context(|| format!("cannot write `{}`", path.display()))
            .map_err(failed)?;
    }
    Ok(())
}

fn render(brief: &Brief, format: Format, color: bool) -> Result<String, UserError> {
    Ok(match format {
        Format::Text => render::text(brief, TextStyle { width: 78, color }),
        Format::Json => render::json(brief),
        Format::Html => render::html(brief).map_err(UserError::failed)?,
        Format::Slack => render::slack(brief),
        Format::Csv => render::csv(brief),
    })
}
