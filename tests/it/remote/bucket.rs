//! A bucket on loopback: lists with a delimiter, gives objects, keeps keys exactly as they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::{BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
    thread,
};

/// S3's answer for an object instead of its content: status, code, message.
pub type S3Error = (u16, &'static str, &'static str);

/// A running bucket; it ends with the test process.
pub struct Bucket {
    url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Bucket {
    /// Starts a bucket of these objects; the keys in `refused` answer with an error.
    pub fn start(objects: BTreeMap<String, Vec<u8>>, refused: BTreeMap<String, S3Error>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, content) = (Arc::clone(&requests), Arc::new((objects, refused)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, content) = (Arc::clone(&kept), Arc::clone(&content));
                thread::spawn(move || {
                    let mut reader = BufReader::new(&stream);
                    while let Some(target) = target(&mut reader) {
                        kept.lock().unwrap().push(target.clone());
                        if answer(&stream, &target, &content.0, &content.1).is_none() {
                            break;
                        }
                    }
                });
            }
        });
        Self { url, requests }
    }

    /// The targets of all requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Runs the program on `s3://logs/` and a prefix in it, for the day of the base events.
    pub fn run(&self, folder: &Path, prefix: &str, more: &[&str]) -> Output {
        let day = ["--from", "2026-03-10", "--to", "2026-03-11"];
        self.run_for(folder, prefix, &[&day, more].concat())
    }

    /// Runs the program on `s3://logs/` and a prefix in it, for the time that the arguments say.
    pub fn run_for(&self, folder: &Path, prefix: &str, arguments: &[&str]) -> Output {
        let logs = format!("s3://logs/{prefix}");
        Command::new(env!("CARGO_BIN_EXE_trailbrief"))
            .args(["run", "--logs", &logs])
            .args(arguments)
            .current_dir(folder)
            .env_remove("TRAILBRIEF_CONFIG")
            .envs([("AWS_ENDPOINT_URL", self.url.as_str()), ("AWS_REGION", "us-east-1")])
            .envs([("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")])
            .output()
            .unwrap()
    }
}

/// The target of the next request; `None` when the client hangs up.
fn target(reader: &mut impl std::io::BufRead) -> Option<String> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    Some(first.split(' ').nth(1)?.to_owned())
}

fn answer(
    stream: &TcpStream,
    target: &str,
    objects: &BTreeMap<String, Vec<u8>>,
    refused: &BTreeMap<String, S3Error>,
) -> Option<()> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if query.contains("list-type=2") {
        let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or("");
        return reply(stream, 200, listing(&decoded(prefix), objects).as_bytes());
    }
    let key = decoded(path.strip_prefix("/logs/").unwrap_or(path));
    let error =
        |code: &str, message: &str| format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    match (refused.get(&key), objects.get(&key)) {
        (Some((status, code, message)), _) => reply(stream, *status, error(code, message).as_bytes()),
        (None, Some(bytes)) => reply(stream, 200, bytes),
        (None, None) => {
            reply(stream, 404, error("NoSuchKey", "The specified key does not exist.").as_bytes())
        }
    }
}

fn reply(mut stream: &TcpStream, status: u16, body: &[u8]) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nETag: \"x\"\r\nLast-Modified: Tue, 10 Mar 2026 12:10:00 GMT\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).ok()
}

/// What lies directly below a prefix.
fn listing(prefix: &str, objects: &BTreeMap<String, Vec<u8>>) -> String {
    let text = |key: &str| {
        let key = key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        key.chars()
            .map(|c| if c < ' ' { format!("&#x{:x};", c as u32) } else { c.to_string() })
            .collect::<String>()
    };
    let mut out = format!("<ListBucketResult><Name>logs</Name><Prefix>{}</Prefix>", text(prefix));
    let mut folders = BTreeSet::new();
    for (key, bytes) in objects {
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        match rest.split_once('/') {
            Some((folder, _)) => {
                folders.insert(format!("{prefix}{folder}/"));
            }
            None => {
                let (key, size) = (text(key), bytes.len());
                let _ = write!(
                    out,
                    "<Contents><Key>{key}</Key><LastModified>2026-03-10T12:10:00.000Z</LastModified><Size>{size}</Size></Contents>"
                );
            }
        }
    }
    for folder in folders {
        let _ = write!(out, "<CommonPrefixes><Prefix>{}</Prefix></CommonPrefixes>", text(&folder));
    }
    out + "</ListBucketResult>"
}

/// Text of a URL without its escapes.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        (out, rest) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let hex = [*high, *low];
                let byte = u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap();
                ([&out[..], &[byte]].concat(), after)
            }
            (b'+', _) => ([&out[..], b" "].concat(), after),
            _ => ([&out[..], &[*first]].concat(), after),
        };
    }
    String::from_utf8(out).unwrap()
}
