//! Stands between the program and everything outside: counts its calls, and kills it at one of them.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output},
    sync::{Arc, Mutex},
    thread,
};

/// When the program is killed: before a call is passed on, or after it was answered and before the answer arrives.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) call: usize,
    pub(super) after: bool,
}

#[derive(Debug)]
pub(super) struct Proxy {
    /// Where it listens, for everything.
    pub(super) url: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    emulator: String,
    athena: String,
    slack: String,
    moment: Option<Moment>,
    /// The first lines of all calls.
    calls: Vec<String>,
    child: Option<Child>,
    killed: bool,
}

impl Proxy {
    /// Starts one before these; it goes with the test process.
    pub(super) fn start(emulator: &str, athena: &str, slack: &str, moment: Option<Moment>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let host = |url: &str| url.trim_start_matches("http://").to_owned();
        let inner = Arc::new(Mutex::new(Inner {
            emulator: host(emulator),
            athena: host(athena),
            slack: host(slack),
            moment,
            calls: Vec::new(),
            child: None,
            killed: false,
        }));
        let shared = inner.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let inner = shared.clone();
                thread::spawn(move || pass(&stream, &inner));
            }
        });
        Self { url, inner }
    }

    /// Runs the program to its end; `None` if it was killed.
    pub(super) fn run(&self, mut command: Command) -> Option<Output> {
        let mut child = {
            // Held until the child can be killed: it calls nobody before.
            let mut inner = self.inner.lock().unwrap();
            let mut child = command.spawn().unwrap();
            let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
            inner.child = Some(child);
            (out, err)
        };
        let reader = thread::spawn(move || {
            let mut text = Vec::new();
            child.1.read_to_end(&mut text).unwrap();
            text
        });
        let mut stdout = Vec::new();
        child.0.read_to_end(&mut stdout).unwrap();
        let stderr = reader.join().unwrap();
        let mut inner = self.inner.lock().unwrap();
        let status = inner.child.take().unwrap().wait().unwrap();
        (!inner.killed).then_some(Output { status, stdout, stderr })
    }

    /// How many calls there were.
    pub(super) fn calls(&self) -> Vec<String> {
        self.inner.lock().unwrap().calls.clone()
    }

    pub(super) fn has_killed(&self) -> bool {
        self.inner.lock().unwrap().killed
    }
}

impl Inner {
    /// Whether this is the moment; if so, the program is dead afterwards.
    fn strikes(&mut self, call: usize, after: bool) -> bool {
        let now = self.moment.is_some_and(|moment| moment.call == call && moment.after == after);
        if now && let Some(child) = &mut self.child {
            child.kill().unwrap();
            self.killed = true;
        }
        self.killed
    }
}

fn pass(stream: &TcpStream, inner: &Mutex<Inner>) {
    let Some((first, head, body)) = request(stream) else { return };
    let (call, target) = {
        let mut inner = inner.lock().unwrap();
        inner.calls.push(first.trim().to_owned());
        let call = inner.calls.len();
        if inner.strikes(call, false) {
            return;
        }
        let target = if head.to_ascii_lowercase().contains("x-amz-target: amazonathena.") {
            &inner.athena
        } else if first.contains(" /hook") {
            &inner.slack
        } else {
            &inner.emulator
        };
        (call, target.clone())
    };
    let mut server = TcpStream::connect(target).unwrap();
    server.write_all(format!("{first}{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    server.write_all(&body).unwrap();
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).unwrap();
    if inner.lock().unwrap().strikes(call, true) {
        return;
    }
    // One call a connection: so that calls can be counted.
    let text = String::from_utf8_lossy(&answer);
    let end = text.find("\r\n").map_or(0, |end| end + 2);
    let _ = (&mut &*stream).write_all(&answer[..end]);
    if !text.to_ascii_lowercase().contains("\r\nconnection: close") {
        let _ = (&mut &*stream).write_all(b"Connection: close\r\n");
    }
    let _ = (&mut &*stream).write_all(&answer[end..]);
}

/// The first line, the other lines of the head without `Connection`, and the body.
fn request(stream: &TcpStream) -> Option<(String, String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut first, mut head, mut length) = (String::new(), String::new(), 0);
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line == "\r\n" {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((first, head, body))
}
