//! Whether the profile that `AWS_PROFILE` names is in the files of AWS's configuration.

use std::{fs, path::PathBuf};

/// The name in `AWS_PROFILE` if no file that can be read defines such a profile.
#[must_use]
pub fn missing() -> Option<String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let name = variable("AWS_PROFILE")?;
    let file = |own: &str, usual: &str| {
        let usual = || Some(PathBuf::from(variable("HOME")?).join(".aws").join(usual));
        variable(own).map(PathBuf::from).or_else(usual)
    };
    let files = [file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
    let texts = files.into_iter().flatten().filter_map(|path| fs::read_to_string(path).ok());
    let is_defined = texts.into_iter().any(|text| defines(&text, &name));
    (!is_defined).then_some(name)
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
