//! Whether the profile that `AWS_PROFILE` names is in the files of AWS's configuration.

use std::{fs, path::PathBuf, sync::OnceLock};

/// The profile, and the files that may define it.
static CHOSEN: OnceLock<(String, Vec<PathBuf>)> = OnceLock::new();

/// Remembers which profile the SDK uses. A second call in one process leaves the first in place.
pub fn choose(name: &str, files: &[PathBuf]) {
    let _ = CHOSEN.set((name.to_owned(), files.to_vec()));
}

/// The name of the chosen profile if no file that can be read defines it.
#[must_use]
pub fn missing() -> Option<String> {
    let (name, files) = CHOSEN.get()?;
    let mut texts = files.iter().filter_map(|path| fs::read_to_string(path).ok());
    let is_defined = texts.any(|text| defines(&text, name));
    (!is_defined).then(|| name.clone())
}

/// Whether a file defines a profile.
fn defines(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let section = line.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'));
        section.is_some_and(|(section, _)| {
            let section = section.trim();
            section == name
                || section.strip_prefix("profile").is_some_and(|rest| rest.trim().trim_matches('"') == name)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_sections_of_both_files() {
        let text = "# [profile no]\n[default]\nregion = eu-west-1\n [ profile  prod ] # ours\n[profile \"a b\"]\n[old]\n";
        for name in ["default", "prod", "a b", "old"] {
            assert!(defines(text, name), "{name}");
        }
        for name in ["no", "region", "pro", ""] {
            assert!(!defines(text, name), "{name}");
        }
    }
}
