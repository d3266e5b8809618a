//! Paths that the pages name must exist.

use super::{markdown, tree::Tree};

/// Folders at the root: a path that begins with one of them is a path of the project.
const FOLDERS: [&str; 10] =
    ["src/", "tests/", "crates/", "docs/", "infra/", "queries/", "benches/", "fuzz/", "templates/", ".ci/"];

/// Endings of files that are the project's wherever a page names them.
const ENDINGS: [&str; 2] = [".rs", ".md"];

/// Every path in backticks, and every relative link, that leads nowhere. `files` are all paths of the project.
pub fn faults(pages: &Tree, files: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    for (page, text) in &pages.files {
        for (line, words) in markdown::prose(text) {
            let named = markdown::code(words).into_iter().filter_map(project_path);
            for path in named.filter(|path| !exists(path, files)) {
                faults.push(format!("{page}:{line}: there is no `{path}`{}", moved(path, files)));
            }
            for link in links(words).filter(|link| !leads_somewhere(page, link, files)) {
                faults.push(format!("{page}:{line}: the link leads nowhere: {link}"));
            }
        }
    }
    faults
}

/// The path that a text in backticks gives, without the item after it; `None` if it gives none.
fn project_path(code: &str) -> Option<&str> {
    let path = code.split("::").next()?.trim_start_matches("./").trim_end_matches('/');
    // `x.rs` stands for any file.
    let plain = !path.is_empty()
        && path != "x.rs"
        && path.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    let named = FOLDERS.iter().any(|folder| code.starts_with(folder))
        || ENDINGS.iter().any(|ending| path.ends_with(ending));
    let inside = code.contains('/') && !code.contains(':');
    (plain && (named || (inside && is_source(path)))).then_some(path)
}

/// Whether this looks like a module of `src`, as in `engine/embedded`.
fn is_source(path: &str) -> bool {
    const ROOMS: [&str; 12] = [
        "app", "aws", "cli", "config", "deliver", "domain", "engine", "library", "render", "run", "store",
        "table",
    ];
    path.split_once('/').is_some_and(|(first, _)| ROOMS.contains(&first))
}

/// Whether it is a file or folder of the project, from the root, from `src`, or by its last parts.
fn exists(path: &str, files: &[String]) -> bool {
    let (file, folder) = (format!("/{path}"), format!("/{path}/"));
    let module = format!("/{path}.rs");
    files.iter().map(|own| format!("/{own}")).any(|own| {
        own.ends_with(&file) || own.starts_with(&folder) || own.ends_with(&module) || own.contains(&folder)
    })
}

/// Where a file of this name is now.
fn moved(path: &str, files: &[String]) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let found: Vec<&str> =
        files.iter().filter(|own| own.rsplit('/').next() == Some(name)).map(String::as_str).take(3).collect();
    if found.is_empty() { String::new() } else { format!("; was it moved to {}?", found.join(" or ")) }
}

fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn leads_somewhere(page: &str, link: &str, files: &[String]) -> bool {
    let path = link.split('#').next().unwrap_or_default();
    if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
        return true;
    }
    let mut place: Vec<&str> = page.split('/').collect();
    place.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(place.pop()),
            part => place.push(part),
        }
    }
    let target = place.join("/");
    files.iter().any(|own| *own == target || own.starts_with(&format!("{target}/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_not_there_is_reported_with_where_it_may_be() {
        let files = ["src/run/collect.rs", "docs/a.md", "src/store.rs"].map(str::to_owned);
        let page = "`run/told.rs` `run/collect.rs::take` `src/run` `store` `s3://b/c` `state/x.json`\n[a](a.md#x) [b](b.md)\n\
                    ```\n`src/no.rs`\n```\n`src/plan/collect.rs` [c](https://example.com)";
        let found = faults(&Tree::made_up(&[("docs/page.md", page)]), &files);
        assert_eq!(
            found,
            [
                "docs/page.md:1: there is no `run/told.rs`",
                "docs/page.md:2: the link leads nowhere: b.md",
                "docs/page.md:6: there is no `src/plan/collect.rs`; was it moved to src/run/collect.rs?"
            ]
        );
    }
}
