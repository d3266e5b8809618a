//! Lambda's side of a function: a Runtime API on loopback that hands out events and takes answers.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(120);

/// A function's answer to an event.
pub type Answer = Result<Value, Value>;

/// A function that runs: the real program, as Lambda would start it.
#[derive(Debug)]
pub struct Function {
    child: Child,
    shared: Arc<Shared>,
    log: Option<thread::JoinHandle<String>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The event that waits, with the time that it gives and the id of its request, if that matters.
    event: Option<(Value, Duration, Option<&'static str>)>,
    answer: Option<Answer>,
    count: u64,
    /// The alias or version that is invoked, with a colon before it; nothing if it is neither.
    qualifier: &'static str,
}

impl Function {
    /// Starts it: `command` is the program with its environment and directory.
    pub fn start(mut command: Command) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared: Arc<Shared> = Arc::default();
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = serving.clone();
                thread::spawn(move || serve(&stream, &shared));
            }
        });
        let mut child = command
            .env("AWS_LAMBDA_RUNTIME_API", address)
            .env("AWS_LAMBDA_FUNCTION_NAME", "trailbrief")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut out = child.stdout.take().unwrap();
        let log = thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).unwrap();
            text
        });
        Self { child, shared, log: Some(log) }
    }

    /// Hands out an event and waits for its answer.
    pub fn invoke(&self, event: &Value, time: Duration) -> Answer {
        self.hand_out(event, time, None);
        self.answer()
    }

    /// The same, as the request with this id.
    pub fn invoke_as(&self, id: &'static str, event: &Value, time: Duration) -> Answer {
        self.hand_out(event, time, Some(id));
        self.answer()
    }

    /// Hands out an event, as the request with this id if there is one, and does not wait.
    pub fn hand_out(&self, event: &Value, time: Duration, id: Option<&'static str>) {
        let mut state = self.shared.state.lock().unwrap();
        state.event = Some((event.clone(), time, id));
        state.answer = None;
        self.shared.changed.notify_all();
    }

    fn answer(&self) -> Answer {
        let state = self.shared.state.lock().unwrap();
        let waited = self.shared.changed.wait_timeout_while(state, PATIENCE, |state| state.answer.is_none());
        let (mut state, _) = waited.unwrap();
        state.answer.take().expect("the function answers")
    }

    /// Invokes this alias or version from now on.
    pub fn qualify(&self, qualifier: &'static str) {
        self.shared.state.lock().unwrap().qualifier = qualifier;
    }

    /// Ends it; gives the lines of its log.
    pub fn end(mut self) -> Vec<Value> {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let text = self.log.take().unwrap().join().unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let (mut length, mut chunked) = (0, false);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        assert!(!chunked, "the runtime's answers have a length");
        let path = first.split(' ').nth(1).unwrap_or_default();
        if path.ends_with("/invocation/next") {
            let mut state = shared.state.lock().unwrap();
            while state.event.is_none() {
                state = shared.changed.wait(state).unwrap();
            }
            let (event, time, id) = state.event.take().unwrap();
            state.count += 1;
            let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + time;
            let body = event.to_string();
            let _ = write!(
                &mut &*stream,
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: request-{}\r\nLambda-Runtime-Deadline-Ms: {}\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:trailbrief{}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                // No two functions get the same, unless it was chosen.
                id.map_or_else(
                    || format!("{}-{}", state.count, stream.local_addr().unwrap().port()),
                    str::to_owned
                ),
                deadline.as_millis(),
                state.qualifier,
                body.len()
            );
            continue;
        }
        let said: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
        let answer = if path.ends_with("/response") { Ok(said) } else { Err(said) };
        shared.state.lock().unwrap().answer = Some(answer);
        shared.changed.notify_all();
        let _ = write!(&mut &*stream, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    }
}
