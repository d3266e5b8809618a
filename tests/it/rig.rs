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

fn start() -> Emulator {
    let python = environment();
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

/// Whether something speaks HTTP at this port.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let request = format!("GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut answer = [0; 12];
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer.starts_with(b"HTTP/1.")
}

/// The Python of the virtual environment, which is made if it is not there.
fn environment() -> PathBuf {
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
    finish(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(PACKAGES));
    fs::write(&marker, wanted).unwrap();
    python
}

fn finish(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| {
        panic!("the tests of the service need Python 3 with `venv`; {command:?} cannot be started: {error}")
    });
    assert!(output.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
}
