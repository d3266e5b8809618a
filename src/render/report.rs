//! The brief as a page to search: one file with its own script and style, which fetches nothing.
//!
//! The page holds the brief's JSON and the records of its events as data; its script makes text nodes of them. Its policy
//! allows this script and this style only.

mod records;

use sha2::{Digest as _, Sha256};

use crate::domain::trace::TraceEvent;

const BODY: &str = include_str!("../../templates/report/report.html");
const STYLE: &str = include_str!("../../templates/report/report.css");
const SCRIPT: &str = include_str!("../../templates/report/report.js");

/// The page of a brief that is JSON already, with the records of its events.
pub(super) fn render(brief: &str, events: &[TraceEvent]) -> String {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    let head = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" \
         content=\"{policy}\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<meta name=\"referrer\" \
         content=\"no-referrer\">\n<title>trailbrief</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    );
    let data = |id: &str, json: &str| {
        format!("<script type=\"application/json\" id=\"{id}\">{}</script>\n", inert(json))
    };
    let (brief, records) = (data("brief", brief), data("records", &records::render(events)));
    [&head, BODY, &brief, &records, "<script>", SCRIPT, "</script>\n</body>\n</html>\n"].concat()
}

/// The records of events, by their ids.
pub(super) fn records(events: &[TraceEvent]) -> serde_json::Value {
    records::all(events)
}

/// JSON in which nothing can end the element that it stands in: the characters occur in its texts only.
fn inert(json: &str) -> String {
    json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

/// A text's hash as a content security policy names it.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let word =
            (0..3).fold(0usize, |word, at| word << 8 | usize::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = DIGITS[word >> (18 - 6 * at) & 63];
            out.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_data_of_the_page() {
        let evil =
            serde_json::json!({"says": "</script><script>alert(1)</script><!-- & \u{2028}"}).to_string();
        let event = TraceEvent {
            id: "</script>".to_owned(),
            agent: Some("<!--<script>".to_owned()),
            ..TraceEvent::default()
        };
        let page = render(&evil, &[event]);
        assert_eq!(page.matches("<script").count(), 3, "two of data, one of the program");
        assert_eq!(page.matches("</script").count(), 3);
        assert!(!page.contains("<!--") && !page.contains("alert(1)<"));
        let data =
            page.split("id=\"brief\">").nth(1).and_then(|rest| rest.split("</script>").next()).unwrap();
        let read: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(read.to_string(), evil, "the data are the same");
    }

    #[test]
    fn the_policy_allows_the_page_itself_and_nothing_else() {
        let page = render("{}", &[]);
        assert!(page.contains("default-src 'none'; script-src 'sha256-"));
        assert!(page.contains(&hash(SCRIPT)) && page.contains(&hash(STYLE)));
        for fetched in ["src=", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "eval("] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    }

    #[test]
    fn bytes_become_base64() {
        for (text, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob\u{ff}", "Zm9vYsO/")]
        {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }
}
