//! The AWS that tests talk to: an emulator on loopback, started when the first test asks for it, gone with the test process.
//!
//! It is installed once, into a virtual environment below `target/`. What is missing for that fails the test and says so.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

/// What is installed, pinned.
const PACKAGES: &[&str] = &["ministack==1.5.33"];

/// Ends the emulator when the test process is gone, however it went: its standard input closes.
const GUARD: &str = "
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
sys.stdin.read()
child.terminate()
try:
    child.wait(5)
except subprocess.TimeoutExpired:
    child.kill()
";

const PATIENCE: Duration = Duration::from_secs(60);

/// A running emulator.
#[derive(Debug)]
pub struct Emulator {
    /// Where it listens, for every service.
    pub url: String,
    _guard: Child,
    _data: tempfile::TempDir,
}

/// The emulator of this test process. Tests share it: each uses names of its own.
pub fn emulator() -> &'static Emulator {
    static RUNNING: LazyLock<Emulator> = LazyLock::new(start);
    &RUNNING
}

/// What a process needs to take the emulator for AWS.
pub fn environment() -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL", emulator().url.clone()),
        ("AWS_ALLOW_HTTP", "true".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
    ]
}

/// SDK clients that take the emulator for AWS.
pub async fn sdk() -> aws_config::SdkConfig {
    let credentials = aws_sdk_glue::config::Credentials::new("test", "test", None, None, "test");
    let http = aws_smithy_http_client::Builder::new().build_http();
    aws_config::defaults(aws_config::BehaviorVersion::latest())
        .endpoint_url(&emulator().url)
        .region("us-east-1")
        .credentials_provider(credentials)
        .http_client(http)
        .load()
        .await
}

/// A bucket of the emulator.
pub fn bucket(name: &str) -> object_store::aws::AmazonS3 {
    object_store::aws::AmazonS3Builder::new()
        .with_endpoint(&emulator().url)
        .with_allow_http(true)
        .with_region("us-east-1")
        .with_access_key_id("test")
        .with_secret_access_key("test")
        .with_bucket_name(name)
        .build()
        .unwrap()
}

/// Makes a bucket; object stores cannot.
pub fn make_bucket(name: &str) {
    let answer = ask(&format!("PUT /{name}"));
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn start() -> Emulator {
    let python = installed();
    let data = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let log = data.path().join("log");
    let guard = Command::new(&python)
        .args(["-c", GUARD])
        .arg(&python)
        .args(["-m", "ministack"])
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", port.to_string())
        .env("S3_DATA_DIR", data.path())
        .env("IOT_MTLS_ENABLED", "false")
        .stdin(Stdio::piped())
        .stdout(File::create(&log).unwrap())
        .stderr(File::options().append(true).open(&log).unwrap())
        .spawn()
        .unwrap();
    let url = format!("http://127.0.0.1:{port}");
    let began = Instant::now();
    while !answers(port) {
        let said = || fs::read_to_string(&log).unwrap_or_default();
        assert!(began.elapsed() < PATIENCE, "the emulator does not answer at {url}:\n{}", said());
        thread::sleep(Duration::from_millis(50));
    }
    Emulator { url, _guard: guard, _data: data }
}

/// What the emulator answers to a request without a body.
fn ask(line: &str) -> String {
    let address = emulator().url.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    let request =
        format!("{line} HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Whether something speaks HTTP at this port.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let request =
        format!("GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut answer = [0; 12];
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.starts_with(b"HTTP/1.")
}

/// The Python of the virtual environment, which is made if it is not there.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulators");
    fs::create_dir_all(&folder).unwrap();
    // Test processes of several checkouts may share the target directory.
    let lock = File::create(folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let (python, marker) = (folder.join("venv/bin/python"), folder.join("installed"));
    let wanted = PACKAGES.join("\n");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) && python.exists() {
        return python;
    }
    let _ = fs::remove_dir_all(folder.join("venv"));
    finish(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")));
    finish(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(PACKAGES),
    );
    fs::write(&marker, wanted).unwrap();
    python
}

fn finish(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!("the tests of the service need Python 3 with `venv`; {command:?} cannot be started: {error}")
    });
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
