//! Who imports whom: every path of a crate's own modules, also from groups and through re-exports, resolved to the file that
//! defines what it names.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    rust::{self, Located},
    tree::Tree,
};

/// One file that names something of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    pub from: String,
    pub to: String,
    /// Where, in `from`.
    pub line: usize,
    /// The path as it is written.
    pub path: String,
}

/// A path in a `use`, without its group.
#[derive(Debug)]
struct Use {
    path: Vec<String>,
    /// The name that it brings; `None` for `*`.
    name: Option<String>,
    public: bool,
    line: usize,
}

#[derive(Debug, Default)]
struct Module {
    file: String,
    defined: BTreeSet<String>,
    uses: Vec<Use>,
    /// Other paths of more than one segment.
    paths: Vec<(Vec<String>, usize)>,
}

/// The modules of one crate by their paths; the crate's root has the empty path.
#[derive(Debug, Default)]
struct Crate(BTreeMap<Vec<String>, Module>);

/// The imports between the files of the crate whose sources lie in this folder, without those that only its tests need.
pub fn imports(tree: &Tree, folder: &str) -> Vec<Import> {
    let own = Crate::read(tree, folder);
    let mut found = Vec::new();
    for (place, module) in &own.0 {
        let uses = module.uses.iter().map(|used| (&used.path, used.line, used.public));
        let paths = module.paths.iter().map(|(path, line)| (path, *line, false));
        for (path, line, public) in uses.chain(paths) {
            let Some(target) = own.resolve(place, path, 0) else { continue };
            // A door that a module opens for its own parts is no import.
            let is_door = public && target.starts_with(place);
            let to = own.0[&target].file.clone();
            if !is_door && to != module.file {
                found.push(Import { from: module.file.clone(), to, line, path: path.join("::") });
            }
        }
    }
    found
}

impl Crate {
    fn read(tree: &Tree, folder: &str) -> Self {
        let (mut modules, mut tests) = (BTreeMap::new(), Vec::new());
        for (file, text) in tree.rust() {
            let Some(below) = file.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')) else {
                continue;
            };
            let path = module_path(below);
            let (tokens, test_files) = rust::without_tests(rust::code(rust::tokens(text)));
            tests.extend(test_files.into_iter().map(|name| [path.clone(), vec![name]].concat()));
            modules.insert(path, Module::read(file, &tokens));
        }
        modules.retain(|path, _| !tests.iter().any(|test| path.starts_with(test)));
        Self(modules)
    }

    /// The module that defines what a path names, seen from the module at `place`; `None` if it is not of this crate.
    fn resolve(&self, place: &[String], path: &[String], depth: usize) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        // Re-exports of each other would lead in a circle.
        if depth > 16 {
            return None;
        }
        let from = match first.as_str() {
            "crate" => Vec::new(),
            "self" => place.to_vec(),
            "super" => {
                let mut parent = place.to_vec();
                parent.pop()?;
                let more = rest.iter().take_while(|segment| *segment == "super").count();
                parent.truncate(parent.len().checked_sub(more)?);
                return self.descend(parent, &rest[more..], depth);
            }
            name => {
                let child = [place, &[name.to_owned()]].concat();
                if !self.0.contains_key(&child) {
                    let module = self.0.get(place)?;
                    let used = module.uses.iter().find(|used| used.name.as_deref() == Some(name))?;
                    // `use regex::Regex as regex` and the like name no module of the crate.
                    return match used.path.first().map(String::as_str) == Some(name) {
                        true => None,
                        false => self.resolve(place, &[&used.path, rest].concat(), depth + 1),
                    };
                }
                child
            }
        };
        self.descend(from, rest, depth)
    }

    fn descend(&self, mut place: Vec<String>, path: &[String], depth: usize) -> Option<Vec<String>> {
        let mut rest = path;
        while let Some((first, more)) = rest.split_first() {
            let child = [&place, std::slice::from_ref(first)].concat();
            if !self.0.contains_key(&child) {
                break;
            }
            (place, rest) = (child, more);
        }
        let module = self.0.get(&place)?;
        let Some(name) = rest.first().filter(|name| !module.defined.contains(*name)) else {
            return Some(place);
        };
        let by_name = module.uses.iter().find(|used| used.name.as_ref() == Some(name));
        if let Some(used) = by_name {
            let target = [&used.path, &rest[1..]].concat();
            return self.resolve(&place, &target, depth + 1).or(Some(place));
        }
        for used in module.uses.iter().filter(|used| used.name.is_none()) {
            if let Some(target) = self.resolve(&place, &used.path, depth + 1)
                && target != place
                && self.0[&target].defined.contains(name)
            {
                return Some(target);
            }
        }
        Some(place)
    }
}

/// `scan/seen.rs` is the module `scan::seen`, `lib.rs` and `main.rs` are the root.
fn module_path(below: &str) -> Vec<String> {
    let below = below.strip_suffix(".rs").unwrap_or(below);
    let below = below.strip_suffix("/mod").unwrap_or(below);
    match below {
        "lib" => Vec::new(),
        path => path.split('/').map(str::to_owned).collect(),
    }
}

impl Module {
    fn read(file: &str, tokens: &[Located]) -> Self {
        const DEFINE: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
        let defined = rust::defined(tokens, &DEFINE).into_iter().map(|(name, _)| name.to_owned());
        let mut module = Self { file: file.to_owned(), defined: defined.collect(), ..Self::default() };
        let mut at = 0;
        while at < tokens.len() {
            // `impl Trait + use<'a>` brings no names.
            if tokens[at].is("use") && tokens.get(at + 1).is_some_and(|token| !token.is("<")) {
                let public = at
                    .checked_sub(1)
                    .is_some_and(|before| tokens[before].is("pub") || tokens[before].is(")"));
                at = tree_of(tokens, at + 1, &[], public, &mut module.uses);
            } else if let Some(segments) = path_at(tokens, at) {
                let line = tokens[at].line;
                at += segments.len() * 2 - 1;
                module.paths.push((segments, line));
            } else {
                at += 1;
            }
        }
        module
    }
}

/// The path of more than one segment that begins here.
fn path_at(tokens: &[Located], at: usize) -> Option<Vec<String>> {
    if at > 0 && (tokens[at - 1].is("::") || tokens[at - 1].is("$")) {
        return None;
    }
    let mut segments = vec![tokens[at].word()?.to_owned()];
    let mut next = at + 1;
    while tokens.get(next).is_some_and(|token| token.is("::"))
        && let Some(word) = tokens.get(next + 1).and_then(Located::word)
    {
        segments.push(word.to_owned());
        next += 2;
    }
    (segments.len() > 1).then_some(segments)
}

/// Reads one branch of a `use`; gives where it ends.
fn tree_of(tokens: &[Located], mut at: usize, before: &[String], public: bool, uses: &mut Vec<Use>) -> usize {
    let mut path = before.to_vec();
    let line = tokens.get(at).map_or(0, |token| token.line);
    let mut name = None;
    while let Some(token) = tokens.get(at) {
        if token.is("{") {
            at += 1;
            while tokens.get(at).is_some_and(|token| !token.is("}")) {
                at = tree_of(tokens, at, &path, public, uses);
                at += usize::from(tokens.get(at).is_some_and(|token| token.is(",")));
            }
            return at + 1;
        }
        if token.is("*") {
            uses.push(Use { path, name: None, public, line });
            return at + 1;
        }
        if token.is("as") {
            name = tokens.get(at + 1).and_then(Located::word).map(str::to_owned);
            at += 2;
            break;
        }
        match token.word() {
            Some("self") if !path.is_empty() => {}
            Some(word) => path.push(word.to_owned()),
            None if token.is("::") => {}
            None => break,
        }
        at += 1;
    }
    let name = name.or_else(|| path.last().cloned());
    uses.push(Use { path, name, public, line });
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let imports = imports(&Tree::made_up(files), "src");
        imports.iter().map(|import| format!("{}:{} {}", import.from, import.line, import.to)).collect()
    }

    #[test]
    fn groups_parents_and_children_are_followed() {
        let found = found(&[
            ("src/lib.rs", "mod a; mod b;"),
            (
                "src/a.rs",
                "mod deep;\nuse crate::{b::{self, two::Two as Other}, b::One};\nfn f() { deep::g() }",
            ),
            ("src/a/deep.rs", "pub fn g() { super::super::b::three(); other::x() }"),
            ("src/b.rs", "mod two; pub struct One; pub fn three() {}"),
            ("src/b/two.rs", "pub struct Two;"),
        ]);
        assert_eq!(
            found,
            [
                "src/a.rs:2 src/b.rs",
                "src/a.rs:2 src/b/two.rs",
                "src/a.rs:2 src/b.rs",
                "src/a.rs:3 src/a/deep.rs",
                "src/a/deep.rs:1 src/b.rs"
            ]
        );
    }

    #[test]
    fn re_exports_lead_to_the_file_that_defines_the_name() {
        let found = found(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::One;\nuse crate::b::Two;"),
            ("src/b.rs", "mod one; mod two; pub use one::One; pub use two::*;"),
            ("src/b/one.rs", "pub struct One;"),
            ("src/b/two.rs", "pub struct Two;"),
        ]);
        assert_eq!(found, ["src/a.rs:1 src/b/one.rs", "src/a.rs:2 src/b/two.rs"], "a door is no import");
    }

    #[test]
    fn what_only_tests_import_does_not_count() {
        let found = found(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod more { use crate::b; }"),
            ("src/a/tests.rs", "use crate::b;"),
            ("src/b.rs", ""),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
