//! The two lists of ARCHITECTURE.md's section "Layers": which module may use which others, and where a foreign crate may be
//! used. What the code does and what the page says must be the same, in both directions.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    imports::Import,
    markdown,
    rust::{self, Located},
    tree::Tree,
};

const PAGE: &str = "ARCHITECTURE.md";

/// What each module may use, with the line that says so.
type Layers<'a> = BTreeMap<&'a str, (usize, Vec<&'a str>)>;

/// Faults between the imports of the files below `src` and the list `layers` of the page.
pub fn modules(tree: &Tree, imports: &[Import]) -> Vec<String> {
    let rows = markdown::list(tree.text(PAGE).unwrap_or_default(), "layers");
    let allowed: Layers<'_> =
        rows.into_iter().map(|(line, module, others)| (module, (line, others))).collect();
    if allowed.is_empty() {
        return vec![format!("{PAGE}: the list in a code block `layers` is missing")];
    }
    let mut faults = above_itself(&allowed);
    let present: BTreeSet<&str> = tree.rust().filter_map(|(file, _)| top(file)).collect();
    for module in present.iter().filter(|module| !allowed.contains_key(*module)) {
        faults.push(format!("{PAGE}: `{module}` is not in the list of layers"));
    }
    for (module, (line, _)) in allowed.iter().filter(|(module, _)| !present.contains(*module)) {
        faults.push(format!("{PAGE}:{line}: there is no module `{module}`"));
    }
    let (mut used, mut reported) = (BTreeSet::new(), BTreeSet::new());
    for import in imports {
        let (Some(from), Some(to)) = (top(&import.from), top(&import.to)) else { continue };
        used.insert((from, to));
        // One import of a file shows it.
        if !reported.insert((import.from.as_str(), to)) {
            continue;
        }
        if from != to && !allowed.get(from).is_some_and(|(_, others)| others.contains(&to)) {
            faults.push(format!(
                "{}:{}: `{}` imports upwards: {PAGE} does not let `{from}` use `{to}`",
                import.from, import.line, import.path
            ));
        }
    }
    for (module, (line, others)) in allowed.iter().filter(|(module, _)| present.contains(*module)) {
        for other in others.iter().filter(|other| !used.contains(&(*module, **other))) {
            faults.push(format!("{PAGE}:{line}: `{module}` may use `{other}`, but does not: take it out"));
        }
    }
    faults
}

/// Modules that the list lets use themselves by way of others.
fn above_itself(allowed: &Layers<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for (module, (line, _)) in allowed {
        let (mut below, mut open) = (BTreeSet::new(), vec![*module]);
        while let Some(next) = open.pop() {
            let others = allowed.get(next).map(|(_, others)| others.as_slice()).unwrap_or_default();
            open.extend(others.iter().filter(|other| below.insert(**other)));
        }
        if below.contains(module) {
            faults.push(format!("{PAGE}:{line}: the list lets `{module}` use what uses `{module}`"));
        }
    }
    faults
}

/// The module at the top that a file below `src` belongs to.
fn top(file: &str) -> Option<&str> {
    file.strip_prefix("src/")?.split(['/', '.']).next()
}

/// Faults between the foreign crates that the files below `src` name and the list `crates` of the page.
pub fn foreign(tree: &Tree) -> Vec<String> {
    let rows = markdown::list(tree.text(PAGE).unwrap_or_default(), "crates");
    if rows.is_empty() {
        return vec![format!("{PAGE}: the list in a code block `crates` is missing")];
    }
    let files: Vec<(&str, Vec<Located>)> = tree
        .rust()
        .filter_map(|(file, text)| {
            let tokens = rust::without_tests(rust::code(rust::tokens(text))).0;
            Some((file.strip_prefix("src/")?, tokens))
        })
        .collect();
    let mut faults = Vec::new();
    for (line, name, homes) in rows {
        let users: Vec<&str> =
            files.iter().filter(|(_, tokens)| names(tokens, name)).map(|(file, _)| *file).collect();
        for file in users.iter().filter(|file| !homes.iter().any(|home| is_in(file, home))) {
            faults.push(format!("src/{file}: uses `{name}`; {PAGE} keeps it in {}", homes.join(", ")));
        }
        for home in homes.iter().filter(|home| !users.iter().any(|file| is_in(file, home))) {
            faults.push(format!("{PAGE}:{line}: `{name}` is not used in `{home}`: take it out"));
        }
    }
    faults
}

/// Whether a file is this one, or belongs to this module.
fn is_in(file: &str, home: &str) -> bool {
    let rest = file.strip_prefix(home);
    rest.is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
}

fn names(tokens: &[Located], foreign: &str) -> bool {
    let begins = |at: usize| at == 0 || !(tokens[at - 1].is("::") || tokens[at - 1].is("."));
    (0..tokens.len().saturating_sub(1))
        .any(|at| tokens[at].is(foreign) && tokens[at + 1].is("::") && begins(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::imports::imports;

    const LAYERS: &str = "# Layers\n```layers\nlow:\nhigh: low\nlib:\n```\n";

    fn found(layers: &str, low: &str, high: &str) -> Vec<String> {
        let files = [
            (PAGE, layers),
            ("src/lib.rs", ""),
            ("src/low.rs", low),
            ("src/high.rs", ""),
            ("src/high/deep.rs", high),
        ];
        let tree = Tree::made_up(&files);
        modules(&tree, &imports(&tree, "src"))
    }

    #[test]
    fn an_upward_import_is_reported() {
        let down = "use crate::low::f;";
        assert_eq!(found(LAYERS, "pub fn f() {}", down), [""; 0]);
        assert_eq!(
            found(LAYERS, "pub fn f() {}\nfn g() { crate::high::deep::h() }", &format!("{down} fn h() {{}}")),
            [
                "src/low.rs:2: `crate::high::deep::h` imports upwards: ARCHITECTURE.md does not let `low` use `high`"
            ]
        );
    }

    #[test]
    fn the_page_names_what_is_there_and_nothing_else() {
        assert_eq!(
            found(LAYERS, "", ""),
            ["ARCHITECTURE.md:4: `high` may use `low`, but does not: take it out"]
        );
        let more = LAYERS.replace("low:\n", "").replace("lib:", "lib:\ngone:");
        assert_eq!(
            found(&more, "", "use crate::low::f;"),
            [
                "ARCHITECTURE.md: `low` is not in the list of layers",
                "ARCHITECTURE.md:5: there is no module `gone`"
            ]
        );
        let circle = LAYERS.replace("low:\n", "low: high\n");
        let found = found(&circle, "use crate::high::deep;", "use crate::low;");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with("the list lets `high` use what uses `high`"), "{found:?}");
    }

    #[test]
    fn a_foreign_crate_away_from_home_is_reported() {
        let page = "```crates\nclap: cli, config.rs\ntoml: cli, config.rs\n```\n";
        let found = |cli: &str, other: &str| {
            foreign(&Tree::made_up(&[
                (PAGE, page),
                ("src/cli/a.rs", cli),
                ("src/config.rs", "use clap::A; use toml::B;"),
                ("src/other.rs", other),
            ]))
        };
        let cli = "fn f() { clap::g(); toml::h() }";
        assert_eq!(found(cli, "// clap::A\nfn f(x: crate::clap::A) {}"), [""; 0]);
        assert_eq!(
            found("use clap::A;", "use clap::{A};"),
            [
                "src/other.rs: uses `clap`; ARCHITECTURE.md keeps it in cli, config.rs",
                "ARCHITECTURE.md:3: `toml` is not used in `cli`: take it out"
            ]
        );
    }
}
