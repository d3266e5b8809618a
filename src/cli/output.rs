//! Where a brief goes: standard output, and files of every form in `--out`.

use std::{
    fs,
    io::{IsTerminal as _, Write as _, stdout},
    path::Path,
};

use anyhow::Context as _;

use super::{Format, Refusal};
use crate::{
    config::Environment,
    domain::{brief::Brief, message::Message},
    render::{self, TextStyle},
};

/// Shows the brief on standard output.
pub(super) fn show(brief: &Brief, format: Format) -> Result<(), Refusal> {
    let color = stdout().is_terminal() && !Environment::read().no_color;
    let text = render(brief, format, color)?;
    print(&text)
}

/// Writes to standard output; a reader that has gone is no failure of ours.
pub(super) fn print(text: &str) -> Result<(), Refusal> {
    let mut out = stdout().lock();
    let end = if text.ends_with('\n') { "" } else { "\n" };
    match out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(end.as_bytes()))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Refusal::failed(anyhow::Error::new(error).context("cannot write to standard output")))
        }
        _ => Ok(()),
    }
}

/// Shows what was kept of a brief on standard output.
pub(super) fn show_message(message: &Message, format: Format) -> Result<(), Refusal> {
    print(form(message, format))
}

/// Makes the directory for the brief, so that one that cannot be made costs no run.
pub(super) fn make(folder: &Path) -> Result<(), Refusal> {
    make_folder(folder).map_err(|error| Refusal::usage(error).hint(WRITABLE))
}

const WRITABLE: &str = "give `--out` a directory that you may write to";

fn make_folder(folder: &Path) -> Result<(), anyhow::Error> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the directory `{}`", folder.display()))
}

/// Writes the brief in every form into a directory, which is made if need be.
pub(super) fn write(brief: &Brief, folder: &Path) -> Result<(), Refusal> {
    write_forms(folder, |format| render(brief, format, false))
}

/// Writes what was kept of a brief in every form into a directory, which is made if need be.
pub(super) fn write_message(message: &Message, folder: &Path) -> Result<(), Refusal> {
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

fn write_forms(folder: &Path, form: impl Fn(Format) -> Result<String, Refusal>) -> Result<(), Refusal> {
    let failed = |error: anyhow::Error| Refusal::failed(error).hint(WRITABLE);
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

fn render(brief: &Brief, format: Format, color: bool) -> Result<String, Refusal> {
    Ok(match format {
        Format::Text => render::text(brief, TextStyle { width: 78, color }),
        Format::Json => render::json(brief),
        Format::Html => render::html(brief).map_err(Refusal::failed)?,
        Format::Slack => render::slack(brief),
        Format::Csv => render::csv(brief),
    })
}
