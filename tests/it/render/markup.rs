//! Reads HTML back, as strictly as only our own template can be read.

/// A document taken apart.
pub struct Parsed {
    /// Every tag with its attributes, as written between the brackets.
    pub tags: Vec<String>,
    /// The text outside of tags, unescaped.
    pub text: String,
    /// The text between each two tags of what is shown, without that of links.
    pub nodes: Vec<String>,
    /// The targets of links.
    pub links: Vec<String>,
}

const TAGS: [&str; 28] = [
    "html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "p", "h1", "h2",
    "h3", "b", "tbody", "br", "code", "wbr", "i", "em", "small", "span", "ol", "li", "a", "!doctype",
];
const VOID: [&str; 4] = ["meta", "br", "wbr", "!doctype"];
const ATTRIBUTES: [&str; 16] = [
    "dir",
    "valign",
    "cellpadding",
    "lang",
    "charset",
    "name",
    "content",
    "style",
    "class",
    "role",
    "width",
    "align",
    "colspan",
    "scope",
    "href",
    "html",
];

/// Takes a document apart; panics at anything the template itself cannot have written.
pub fn parse(html: &str) -> Parsed {
    let mut parsed = Parsed { tags: Vec::new(), text: String::new(), nodes: Vec::new(), links: Vec::new() };
    let mut open: Vec<String> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text(&rest[..at], &mut parsed.text);
        if !open.iter().any(|tag| ["head", "a"].contains(&tag.as_str())) {
            parsed.nodes.push(unescape(&rest[..at]));
        }
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        assert!(!tag.contains('<'), "a tag in a tag: {tag}");
        rest = &rest[end + 1..];
        let inner = tag.strip_prefix('/').unwrap_or(tag);
        let name = inner.split_whitespace().next().unwrap_or_default();
        assert!(TAGS.contains(&name), "not a tag of the template: {tag}");
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "tags nest");
        } else if !VOID.contains(&name) {
            open.push(name.to_owned());
        }
        attributes(&inner[name.len()..], &mut parsed.links);
        parsed.tags.push(tag.to_owned());
        if name == "style" && !tag.starts_with('/') {
            let end = rest.find("</style>").expect("the style ends");
            rest = &rest[end..];
        }
    }
    text(rest, &mut parsed.text);
    assert!(open.is_empty(), "left open: {open:?}");
    parsed
}

fn attributes(mut rest: &str, links: &mut Vec<String>) {
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return;
        }
        let name = rest.split(['=', ' ']).next().unwrap();
        assert!(ATTRIBUTES.contains(&name), "not an attribute of the template: {rest}");
        rest = &rest[name.len()..];
        if let Some(value) = rest.strip_prefix("=\"") {
            let end = value.find('"').expect("a value ends");
            if name == "href" {
                links.push(unescape(&value[..end]));
            }
            rest = &value[end + 1..];
        } else if !rest.is_empty() {
            assert!(rest.starts_with(' '), "attributes are quoted: {rest}");
        }
    }
}

fn text(raw: &str, out: &mut String) {
    assert!(!raw.contains('>'), "an unescaped bracket: {raw}");
    out.push_str(&unescape(raw));
}

/// The text that escaped text stands for; panics at an entity that the escaper does not write.
fn unescape(raw: &str) -> String {
    let mut out = String::new();
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let end = rest[at..].find(';').expect("an entity ends") + at;
        out.push(match &rest[at + 1..end] {
            "#34" => '"',
            "#38" | "amp" => '&',
            "#39" => '\'',
            "#60" => '<',
            "#62" => '>',
            "middot" => '·',
            "nbsp" => ' ',
            other => panic!("an entity of nobody's: {other}"),
        });
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
