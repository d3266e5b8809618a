//! A service that speaks AWS's JSON protocol and gives the answers of a test.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use serde_json::Value;

/// A running service; it ends with the test process.
pub struct Canned {
    /// Where it listens.
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Canned {
    /// Starts one. `answer` gets the operation (of S3 the address), the body, and how many requests came before; it gives the
    /// status and the answer.
    pub fn start(answer: impl Fn(&str, &Value, usize) -> (u16, Value) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some((operation, body)) = request(&stream) else { continue };
                let nth = {
                    let mut seen = seen.lock().unwrap();
                    seen.push(operation.clone());
                    seen.len() - 1
                };
                let (status, body) = answer(&operation, &body, nth);
                // A text goes as it is: not every service speaks JSON.
                reply(&stream, status, &body.as_str().map_or_else(|| body.to_string(), str::to_owned));
            }
        });
        Self { url, asked }
    }

    /// One that refuses everything with this error.
    pub fn refusing(status: u16, code: &'static str, message: &'static str) -> Self {
        Self::start(move |_, _, _| {
            (status, serde_json::json!({"__type": code, "message": message, "Message": message}))
        })
    }

    /// The operations that were requested.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn request(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    // Requests to S3 name the operation in the address.
    let mut operation = first.split(' ').nth(1)?.to_owned();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line == "\r\n" {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "x-amz-target" => operation = value.trim().rsplit('.').next()?.to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((operation, serde_json::from_slice(&body).unwrap_or_default()))
}

fn reply(mut stream: &TcpStream, status: u16, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}
