//! Rust source as tokens: enough to find paths, definitions and names, with comments and string literals kept apart.

/// One token of a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// An identifier, a keyword or a number.
    Word(String),
    /// `::`, or any other single character.
    Mark(String),
    /// What stands between the quotes of a string literal.
    Text(String),
    /// A comment without its slashes.
    Comment(String),
}

/// A token with its line, from 1.
#[derive(Clone, Debug)]
pub struct Located {
    pub token: Token,
    pub line: usize,
}

impl Located {
    pub fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => Some(word),
            _ => None,
        }
    }

    pub fn is(&self, text: &str) -> bool {
        matches!(&self.token, Token::Word(own) | Token::Mark(own) if own == text)
    }
}

/// Cuts a source file into tokens.
pub fn tokens(source: &str) -> Vec<Located> {
    let text: Vec<char> = source.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < text.len() {
        let (token, end) = next(&text, at);
        if let Some(token) = token {
            found.push(Located { token, line });
        }
        line += text[at..end].iter().filter(|c| **c == '\n').count();
        at = end;
    }
    found
}

/// The token that begins here, `None` for a space or a lifetime, and where it ends.
fn next(text: &[char], at: usize) -> (Option<Token>, usize) {
    let here = |offset: usize| text.get(at + offset).copied().unwrap_or('\0');
    let until = |from: usize, stop: &dyn Fn(char) -> bool| {
        (from..text.len()).find(|index| stop(text[*index])).unwrap_or(text.len())
    };
    let taken = |from: usize, to: usize| text[from..to].iter().collect::<String>();
    match here(0) {
        '/' if here(1) == '/' => {
            let end = until(at, &|c| c == '\n');
            let words = taken(at, end).trim_start_matches(['/', '!']).trim().to_owned();
            (Some(Token::Comment(words)), end)
        }
        '/' if here(1) == '*' => {
            let end = (at + 2..text.len()).find(|index| text[*index - 1..].starts_with(&['*', '/']));
            let end = end.map_or(text.len(), |index| index + 1);
            (Some(Token::Comment(taken(at + 2, end))), end)
        }
        '"' => quoted(text, at),
        'r' | 'b' | 'c' if raw_or_prefixed(text, at).is_some() => {
            let (hashes, from) = raw_or_prefixed(text, at).unwrap_or_default();
            match hashes {
                None => quoted(text, from),
                Some(hashes) => raw(text, from, hashes),
            }
        }
        '\'' if here(1) == '\\' => {
            let end = (at + 3..text.len()).find(|index| text[*index] == '\'').unwrap_or(text.len() - 1);
            (None, end + 1)
        }
        '\'' if here(2) == '\'' => (None, at + 3),
        '\'' => (None, until(at + 1, &|c| !is_word(c))),
        c if is_word(c) => {
            let end = until(at, &|c| !is_word(c));
            (Some(Token::Word(taken(at, end))), end)
        }
        ':' if here(1) == ':' => (Some(Token::Mark("::".to_owned())), at + 2),
        c if c.is_whitespace() => (None, at + 1),
        c => (Some(Token::Mark(c.to_string())), at + 1),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether a string literal with a prefix begins here: `None` hashes for one with escapes, and where its quote stands.
fn raw_or_prefixed(text: &[char], at: usize) -> Option<(Option<usize>, usize)> {
    let prefix: String = text[at..].iter().take(2).take_while(|c| matches!(c, 'r' | 'b' | 'c')).collect();
    let after = at + prefix.len();
    let hashes = text[after..].iter().take_while(|c| **c == '#').count();
    let quote = after + hashes;
    if text.get(quote) != Some(&'"') || (at > 0 && is_word(text[at - 1])) {
        return None;
    }
    match prefix.as_str() {
        "r" | "br" | "cr" => Some((Some(hashes), quote)),
        "b" | "c" if hashes == 0 => Some((None, quote)),
        _ => None,
    }
}

fn quoted(text: &[char], at: usize) -> (Option<Token>, usize) {
    let (mut words, mut index) = (String::new(), at + 1);
    while let Some(c) = text.get(index) {
        match c {
            '"' => return (Some(Token::Text(words)), index + 1),
            // A line that ends in a backslash goes on at the next line's first word.
            '\\' if text.get(index + 1) == Some(&'\n') => {
                index += 2;
                while text.get(index).is_some_and(|c| c.is_whitespace()) {
                    index += 1;
                }
            }
            '\\' => {
                words.push(' ');
                index += 2;
            }
            c => {
                words.push(*c);
                index += 1;
            }
        }
    }
    (Some(Token::Text(words)), text.len())
}

fn raw(text: &[char], at: usize, hashes: usize) -> (Option<Token>, usize) {
    let closes = |index: &usize| {
        text[*index] == '"' && text[index + 1..].iter().take_while(|c| **c == '#').count() >= hashes
    };
    let end = (at + 1..text.len()).find(closes).unwrap_or(text.len() - 1);
    (Some(Token::Text(text[at + 1..end].iter().collect())), end + 1 + hashes)
}

/// The tokens without those of items that are built for tests only, and the names of such modules that are files.
pub fn without_tests(tokens: Vec<Located>) -> (Vec<Located>, Vec<String>) {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut files, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        let own = &tokens[at..];
        let tests =
            own.len() >= ATTRIBUTE.len() && ATTRIBUTE.iter().zip(own).all(|(text, token)| token.is(text));
        if !tests {
            kept.push(own[0].clone());
            at += 1;
            continue;
        }
        let end = at + ATTRIBUTE.len() + item(&own[ATTRIBUTE.len()..]);
        let skipped = &tokens[at..end];
        if let Some(module) = skipped.iter().position(|token| token.is("mod"))
            && skipped.get(module + 2).is_some_and(|token| token.is(";"))
        {
            files.extend(skipped[module + 1].word().map(str::to_owned));
        }
        at = end;
    }
    (kept, files)
}

/// How many tokens the item takes that begins with the first of these.
fn item(tokens: &[Located]) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate() {
        let Token::Mark(mark) = &token.token else { continue };
        match mark.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            ";" if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The code alone.
pub fn code(tokens: Vec<Located>) -> Vec<Located> {
    tokens.into_iter().filter(|located| !matches!(located.token, Token::Comment(_))).collect()
}

/// The names of what is defined in these tokens after one of these keywords, each with its line.
pub fn defined<'a>(tokens: &'a [Located], keywords: &[&str]) -> Vec<(&'a str, usize)> {
    tokens
        .windows(2)
        .filter(|pair| pair[0].word().is_some_and(|word| keywords.contains(&word)))
        .filter_map(|pair| Some((pair[1].word()?, pair[1].line)))
        .filter(|(name, _)| !name.starts_with(|c: char| c.is_ascii_digit()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_lifetimes_are_no_names() {
        let source = "// told\nfn a<'told>(x: &'told str) { let c = '\"'; b(\"told \\\" x\", r#\"to\"ld\"#, b\"told\"); }";
        let found = tokens(source);
        assert!(found.iter().all(|token| token.word() != Some("told")), "{found:?}");
        let texts: Vec<&str> = found
            .iter()
            .filter_map(|located| match &located.token {
                Token::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(texts, ["told   x", "to\"ld", "told"]);
        assert_eq!(defined(&found, &["fn"]), [("a", 2)]);
    }

    #[test]
    fn items_of_tests_are_left_out_and_what_follows_them_stays() {
        let source = "mod a;\n#[cfg(test)]\nmod tests;\nmod b;\n#[cfg(test)]\nmod more { fn x() {} }\nmod c;";
        let (kept, files) = without_tests(tokens(source));
        let modules: Vec<&str> = defined(&kept, &["mod"]).into_iter().map(|(name, _)| name).collect();
        assert_eq!((modules, files), (vec!["a", "b", "c"], vec!["tests".to_owned()]));
    }
}
