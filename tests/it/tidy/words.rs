//! One word, one thing: names that were given up must not return, and a few names are defined once.

use std::collections::BTreeMap;

use super::{
    rust::{self, Token},
    tree::Tree,
};

/// A word that was given up, and the word to use.
type Replaced = (&'static str, &'static str);

/// Names in code: whole identifiers.
const NAMES: &[Replaced] = &[
    ("Desk", "`RunContext`"),
    ("Front", "`Observer`"),
    ("Letter", "`Message`"),
    ("Owed", "`Pending`"),
    ("Refusal", "`UserError`"),
    ("Told", "`Answers`"),
    ("Turn", "`ScheduledRun`"),
    ("Unnoted", "`LedgerError`"),
    ("Untaken", "`NotDelivered`"),
    ("desk", "`context`"),
    ("keep_letter", "`keep_message`"),
    ("mute", "`without_delivery`"),
    ("refusal", "`error`"),
    ("unkept", "`cannot_keep`"),
    ("unshare", "`give_up_shared`"),
];

/// Parts of names, between underscores.
const PARTS: &[Replaced] = &[
    ("owe", "pending"),
    ("owed", "pending"),
    ("told", "reported, shown, or what it is: `output`, `message`, `error`"),
    ("untold", "`pending_notes`"),
];

/// Modules and files, by the end of their paths.
const FILES: &[Replaced] = &[
    ("athena/bring.rs", "athena/execute.rs"),
    ("athena/gather.rs", "what it does"),
    ("athena/listing.rs", "athena/listing_time.rs"),
    ("athena/own.rs", "athena/own_statement.rs"),
    ("athena/token.rs", "athena/request_token.rs"),
    ("athena/ways.rs", "athena/route.rs"),
    ("cli/desk.rs", "cli/load.rs"),
    ("embedded/nothing.rs", "embedded/empty_answer.rs"),
    ("letter.rs", "message.rs"),
    ("library/near.rs", "near_miss.rs"),
    ("library/nearest.rs", "did_you_mean.rs"),
    ("owed.rs", "pending.rs"),
    ("paste/blanks.rs", "pasted/placeholders.rs"),
    ("paste/kinds.rs", "pasted/statement_kind.rs"),
    ("pick.rs", "selection.rs"),
    ("reader/scan.rs", "reader/json.rs"),
    ("reader/window.rs", "reader/buffer.rs"),
    ("refusal.rs", "user_error.rs"),
    ("src/place.rs", "log_source.rs, or what it does"),
    ("told.rs", "what it holds"),
    ("turn.rs", "schedule.rs"),
];

/// What people read: messages, help, comments, pages.
const PHRASES: &[Replaced] = &[
    ("gone on with", "resumed"),
    ("goes on with", "resumes"),
    ("go on with", "resume"),
    ("in step", "up to date"),
    ("is said", "is shown"),
    ("is told", "is shown, is reported"),
    ("none of ours", "not one of the project's"),
    ("owed", "pending"),
    ("owes", "has pending"),
    ("of so many", "of this many"),
    ("over so many", "over this many"),
    ("so many seconds", "this many seconds"),
    ("so many times", "how often"),
    ("so often", "how often"),
    ("told before", "already reported"),
    ("told once", "reported once"),
    ("told twice", "reported twice"),
    ("was told", "was reported"),
    ("were told", "were reported"),
    ("who gives more", "a higher value"),
    ("whoever gives more", "a higher value"),
];

/// Names that mean one thing, so that at most one definition has them.
const ONCE: [&str; 6] = ["Asked", "Kind", "Place", "Row", "Told", "Window"];

/// Words that were given up, in Rust files and in pages.
pub fn returned(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (file, text) in &tree.files {
        for (ending, better) in FILES.iter().filter(|(ending, _)| is_at_end(file, ending)) {
            faults.push(format!("{file}: the name `{ending}` was given up: {better}"));
        }
        if file.ends_with(".rs") {
            in_code(file, text, &mut faults);
        } else {
            let lines = text.lines().enumerate();
            lines.for_each(|(index, line)| in_prose(file, index + 1, line, &mut faults));
        }
    }
    faults
}

fn is_at_end(file: &str, ending: &str) -> bool {
    file.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

fn in_code(file: &str, text: &str, faults: &mut Vec<String>) {
    // A comment goes on over several lines, and so may a phrase.
    let mut comment: Option<(usize, String)> = None;
    for located in rust::tokens(text) {
        if let Token::Comment(words) = &located.token {
            let (_, whole) = comment.get_or_insert((located.line, String::new()));
            whole.push_str(words);
            whole.push(' ');
            continue;
        }
        if let Some((line, words)) = comment.take() {
            in_prose(file, line, &words, faults);
        }
        match &located.token {
            Token::Word(word) => in_name(file, located.line, word, faults),
            // One word alone is a key of a stored form.
            Token::Text(words) if words.contains(' ') => in_prose(file, located.line, words, faults),
            _ => {}
        }
    }
    if let Some((line, words)) = comment {
        in_prose(file, line, &words, faults);
    }
}

fn in_name(file: &str, line: usize, word: &str, faults: &mut Vec<String>) {
    let whole = NAMES.iter().filter(|(name, _)| *name == word);
    let parts = PARTS.iter().filter(|(part, _)| word.split('_').any(|own| own == *part));
    faults.extend(
        whole
            .chain(parts)
            .map(|(_, better)| format!("{file}:{line}: the name `{word}` was given up: {better}")),
    );
}

fn in_prose(file: &str, line: usize, words: &str, faults: &mut Vec<String>) {
    let lower = words.to_lowercase();
    for (phrase, better) in PHRASES {
        let found = lower.match_indices(phrase).any(|(at, _)| {
            let before = lower[..at].chars().next_back();
            let after = lower[at + phrase.len()..].chars().next();
            !before.is_some_and(is_inside) && !after.is_some_and(is_inside)
        });
        if found {
            faults.push(format!("{file}:{line}: \"{phrase}\" was given up: {better}"));
        }
    }
}

/// Whether a character belongs to a word or to code in backticks.
fn is_inside(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '`' | '"')
}

/// Names of [`ONCE`] that more than one definition has.
pub fn doubled(tree: &Tree) -> Vec<String> {
    const DEFINE: [&str; 5] = ["struct", "enum", "trait", "type", "union"];
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in tree.rust() {
        let tokens = rust::code(rust::tokens(text));
        for (name, line) in
            rust::defined(&tokens, &DEFINE).into_iter().filter(|(name, _)| ONCE.contains(name))
        {
            places.entry(name.to_owned()).or_default().push(format!("{file}:{line}"));
        }
    }
    places
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("`{name}` has {} definitions: {}", places.len(), places.join(", ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_name_is_reported_with_the_better_one() {
        let code = "//! A finding that was\n//! told before.\n\nstruct Turn { told_at: u8 }\nfn f() { g(\"told\", \"so often as told\") }\n";
        let found = returned(&Tree::made_up(&[
            ("docs/a.md", "It is told.\nIt is toldest. Not `owed`."),
            ("src/pick.rs", code),
            ("src/toothpick.rs", "struct Turning; fn folder_told_me_not(turned: Turned) {}"),
        ]));
        assert_eq!(
            found,
            [
                "docs/a.md:1: \"is told\" was given up: is shown, is reported",
                "src/pick.rs: the name `pick.rs` was given up: selection.rs",
                "src/pick.rs:1: \"told before\" was given up: already reported",
                "src/pick.rs:1: \"was told\" was given up: was reported",
                "src/pick.rs:4: the name `Turn` was given up: `ScheduledRun`",
                "src/pick.rs:4: the name `told_at` was given up: reported, shown, or what it is: `output`, `message`, \
                 `error`",
                "src/pick.rs:5: \"so often\" was given up: how often",
                "src/toothpick.rs:1: the name `folder_told_me_not` was given up: reported, shown, or what it is: \
                 `output`, `message`, `error`"
            ]
        );
    }

    #[test]
    fn a_name_with_two_definitions_is_reported() {
        let found = doubled(&Tree::made_up(&[
            ("src/a.rs", "struct Kind; struct Row;"),
            ("src/b.rs", "\nenum Kind { Row }"),
        ]));
        assert_eq!(found, ["`Kind` has 2 definitions: src/a.rs:1, src/b.rs:2"]);
    }
}
