//! A server on loopback that gives a test's answers and keeps the requests.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What the server does with a request.
#[derive(Clone, Debug)]
pub enum Mood {
    /// It answers with this status, these header lines and this body.
    Answer(u16, &'static str, String),
    /// It sends this, which need not be a whole answer, and keeps the connection open.
    Sends(String),
    /// It sends this, which need not be a whole answer, and hangs up.
    BreaksOff(String),
    /// It does not answer and keeps the connection open.
    Silence,
    /// It takes the request and hangs up.
    HangsUp,
}

/// An answer without headers of its own.
pub fn answer(status: u16, body: &str) -> Mood {
    Mood::Answer(status, "", body.to_owned())
}

/// A running server; it ends with the test process.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub url: String,
    /// First line and body of each request.
    asked: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Starts a server that meets one request after the other in these moods, and all further ones in the last.
    pub fn start(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, moods) = (Arc::clone(&asked), moods.to_vec());
        thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in listener.incoming().flatten() {
                let Some(request) = request(&stream) else { continue };
                let nth = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(request);
                    seen.len() - 1
                };
                match moods.get(nth).or(moods.last()).unwrap() {
                    Mood::Answer(status, headers, text) => reply(&stream, *status, headers, text),
                    Mood::Silence => kept.push(stream),
                    Mood::Sends(text) => {
                        let _ = (&stream).write_all(text.as_bytes());
                        kept.push(stream);
                    }
                    Mood::BreaksOff(text) => {
                        let _ = (&stream).write_all(text.as_bytes());
                    }
                    Mood::HangsUp => {}
                }
            }
        });
        Self { url, asked }
    }

    /// A server that is not there: nobody may listen at this port but who the machine belongs to.
    pub fn gone() -> Self {
        Self { url: "http://127.0.0.1:1".to_owned(), asked: Arc::default() }
    }

    /// The bodies of all requests so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    /// The first lines of all requests so far: method and path.
    pub fn lines(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(line, _)| line.clone()).collect()
    }
}

fn reply(mut stream: &TcpStream, status: u16, headers: &str, text: &str) {
    let length = text.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{text}"
    );
}

/// The first line and the body of a request.
fn request(stream: &TcpStream) -> Option<(String, String)> {
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    reader.read_line(&mut first).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first.trim().to_owned(), String::from_utf8(body).ok()?))
}

/// Sends a request; returns the status and the body of the answer.
pub fn ask(url: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let length = body.len();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {path} HTTP/1.0\r\nHost: {host}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}
