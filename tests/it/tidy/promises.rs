//! `docs/promises.md`: a table of promises, each with the functions that keep it and the tests that prove it.

use std::collections::BTreeMap;

use super::{markdown, rust, tree::Tree};

const PAGE: &str = "docs/promises.md";

/// What a function's or a test's name is looked up in.
struct Names<'a> {
    /// Every name that is defined, with the files that define it.
    defined: BTreeMap<&'a str, Vec<&'a str>>,
    tests: BTreeMap<&'a str, Vec<&'a str>>,
}

/// Promises whose function or test is not where the page says.
pub fn faults(tree: &Tree) -> Vec<String> {
    let Some(page) = tree.text(PAGE) else { return vec![format!("{PAGE} is missing")] };
    let rows = markdown::table(page, &["promise", "function", "test"]);
    if rows.is_empty() {
        return vec![format!("{PAGE}: the table `| promise | function | test |` is missing")];
    }
    let files: Vec<(&str, Vec<rust::Located>)> =
        tree.rust().map(|(file, text)| (file, rust::code(rust::tokens(text)))).collect();
    let names = Names::of(&files);
    let mut faults = Vec::new();
    for (line, cells) in rows {
        let [promise, functions, tests] = cells.as_slice() else {
            faults.push(format!("{PAGE}:{line}: a row has three cells: promise, function, test"));
            continue;
        };
        let (functions, tests) = (markdown::code(functions), markdown::code(tests));
        let is_heading = promise.starts_with("**") && promise.ends_with("**");
        if is_heading && functions.is_empty() && tests.is_empty() {
            continue;
        }
        if functions.is_empty() || tests.is_empty() {
            faults.push(format!("{PAGE}:{line}: the promise \"{promise}\" needs a function and a test"));
        }
        let missing = functions.iter().filter_map(|function| names.missing_function(function));
        let untested = tests.iter().filter_map(|test| names.missing_test(test));
        faults.extend(missing.chain(untested).map(|fault| format!("{PAGE}:{line}: {fault}")));
    }
    faults
}

impl<'a> Names<'a> {
    fn of(files: &'a [(&'a str, Vec<rust::Located>)]) -> Self {
        const DEFINE: [&str; 7] = ["fn", "struct", "enum", "trait", "const", "static", "type"];
        let (mut defined, mut tests) = (BTreeMap::new(), BTreeMap::new());
        for (file, tokens) in files {
            for (name, _) in rust::defined(tokens, &DEFINE) {
                defined.entry(name).or_insert_with(Vec::new).push(*file);
            }
            for name in test_names(tokens) {
                tests.entry(name).or_insert_with(Vec::new).push(*file);
            }
        }
        Self { defined, tests }
    }

    /// Why `src/file.rs::name` is not there; `None` if it is.
    fn missing_function(&self, function: &str) -> Option<String> {
        let Some((file, name)) = function.rsplit_once("::") else {
            return Some(format!("write `{function}` as `src/file.rs::name`"));
        };
        match self.defined.get(name) {
            Some(files) if files.contains(&file) => None,
            Some(files) => {
                let code: Vec<&str> =
                    files.iter().filter(|file| !file.starts_with("tests/")).copied().collect();
                let some = code.iter().take(4).copied().collect::<Vec<_>>().join(", ");
                Some(format!("`{file}` has no `{name}`; {} files have one: {some} …", code.len()))
            }
            None => Some(format!("`{file}` has no `{name}`{}", like(name, self.defined.keys()))),
        }
    }

    fn missing_test(&self, test: &str) -> Option<String> {
        match self.tests.contains_key(test) {
            true => None,
            false => Some(format!("there is no test `{test}`{}", like(test, self.tests.keys()))),
        }
    }
}

/// The functions with `#[test]`, `#[tokio::test]` or the like before them.
fn test_names(tokens: &[rust::Located]) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is("test")) {
        let closes = tokens.get(at + 1).is_some_and(|next| next.is("]") || next.is("("));
        let opens = at > 0 && (tokens[at - 1].is("[") || tokens[at - 1].is("::"));
        if closes && opens && token.word().is_some() {
            let rest = tokens[at..].iter().skip_while(|token| !token.is("fn"));
            names.extend(rest.skip(1).take(1).filter_map(rust::Located::word));
        }
    }
    names
}

/// The names that share the most words with this one, for whoever renamed it.
fn like<'a>(name: &str, known: impl Iterator<Item = &'a &'a str>) -> String {
    let words = |name: &str| name.split('_').map(str::to_owned).collect::<Vec<_>>();
    let own = words(name);
    let shared =
        |other: &str| words(other).iter().filter(|word| word.len() > 2 && own.contains(word)).count();
    let mut ranked: Vec<(usize, &str)> = known.map(|other| (shared(other), *other)).collect();
    ranked.sort_by_key(|(count, other)| (std::cmp::Reverse(*count), *other));
    let near: Vec<&str> =
        ranked.iter().take(3).filter(|(count, _)| *count > 1).map(|(_, name)| *name).collect();
    if near.is_empty() { String::new() } else { format!("; was it renamed to {}?", near.join(", or ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_promise_names_must_be_there() {
        let page = "| promise | function | test |\n|---|---|---|\n\
                    | **Heading** | | |\n\
                    | kept | `src/a.rs::f` | `f_is_kept` |\n\
                    | moved | `src/b.rs::f` | `f_is_kept_here` |\n\
                    | bare | | `f_is_kept` |\n";
        let code = "fn f() {}\n#[test]\nfn f_is_kept() {}";
        let found = faults(&Tree::made_up(&[(PAGE, page), ("src/a.rs", code)]));
        assert_eq!(
            found,
            [
                "docs/promises.md:5: `src/b.rs` has no `f`; 1 files have one: src/a.rs …",
                "docs/promises.md:5: there is no test `f_is_kept_here`",
                "docs/promises.md:6: the promise \"bare\" needs a function and a test"
            ]
        );
    }

    #[test]
    fn a_renamed_test_is_suggested() {
        let page = "| promise | function | test |\n|---|---|---|\n| p | `src/a.rs::f` | `failing_keeps_its_watermark` |\n";
        let code = "fn f() {}\n#[tokio::test]\nasync fn what_fails_keeps_its_watermark() {}";
        let found = faults(&Tree::made_up(&[(PAGE, page), ("src/a.rs", code)]));
        assert_eq!(
            found,
            ["docs/promises.md:3: there is no test `failing_keeps_its_watermark`; was it renamed to \
              what_fails_keeps_its_watermark?"]
        );
    }
}
