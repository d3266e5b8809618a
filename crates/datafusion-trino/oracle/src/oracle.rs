//! Trino in a process of its own: `Oracle.java`, with the parts of Trino that Maven brings.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::SystemTime,
};

use serde_json::{Value, json};

/// Trino's memory; the largest real data set needs a third of it.
const HEAP: &str = "-Xmx3g";

/// The rows that answer a statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Names as the header shows them.
    pub columns: Vec<String>,
    /// Types as `typeof` names them.
    pub types: Vec<String>,
    /// Values as text; arrays and rows are arrays.
    pub rows: Vec<Vec<Value>>,
}

/// Why a statement has no answer: it was refused, or failed while it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Athena's class.
    pub class: String,
    /// In words.
    pub message: String,
    /// Line and column, from 1.
    pub place: Option<(u64, u64)>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = self.place.map(|(line, column)| format!("line {line}:{column}: ")).unwrap_or_default();
        write!(f, "{}: {place}{}", self.class, self.message)
    }
}

/// What a statement came to.
pub type Outcome = Result<Answer, Failure>;

/// Trino, in a process of its own that ends with this value.
pub struct Oracle {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Oracle {
    /// Brings Trino, if it is not there yet, and starts it. `target` is a directory for what is made on the
    /// way, such as
    /// `CARGO_TARGET_TMPDIR`.
    ///
    /// # Errors
    ///
    /// If Java or Maven is missing or fails.
    pub fn start(target: &str) -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let work = Path::new(target).join("trino");
        fs::create_dir_all(&work).map_err(|error| format!("cannot create {}: {error}", work.display()))?;
        let libraries = libraries(folder, &work)?;
        let classes = compiled(folder, &work, &libraries)?;
        let log = fs::File::create(work.join("log.txt")).map_err(|error| error.to_string())?;
        let mut process = Command::new("java")
            .args([HEAP, "-Xss8m", "-cp", &format!("{}:{libraries}", classes.display()), "Oracle"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("cannot start `java`: {error}; install a JDK 17 or newer"))?;
        let questions = process.stdin.take().expect("it was piped");
        let answers = BufReader::new(process.stdout.take().expect("it was piped"));
        let mut oracle = Self { process, questions, answers };
        let answer = oracle.ask("SELECT 1", "default", None)?;
        answer.map_err(|error| format!("Trino answers nothing: {}", error.message))?;
        Ok(oracle)
    }

    fn exchange(&mut self, question: &Value) -> Result<Value, String> {
        let stopped = |error: &dyn std::fmt::Display| {
            format!("Trino stopped ({error}); its log is in the target directory, under tmp/trino/log.txt")
        };
        writeln!(self.questions, "{question}").map_err(|error| stopped(&error))?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).map_err(|error| stopped(&error))? == 0 {
            return Err(stopped(&"no answer"));
        }
        serde_json::from_str(&line).map_err(|error| stopped(&error))
    }

    /// Asks a statement, at the time `now`.
    ///
    /// # Errors
    ///
    /// If the process does not answer; that the statement fails is an [`Outcome`].
    pub fn ask(&mut self, sql: &str, schema: &str, now: Option<&str>) -> Result<Outcome, String> {
        let answer = self.exchange(&json!({"sql": sql, "schema": schema, "now": now}))?;
        Ok(outcome(&answer))
    }

    /// Makes a table of a file of JSON objects, one a line, and counts its rows.
    ///
    /// # Errors
    ///
    /// If the process does not answer, or does not take the file.
    pub fn load(&mut self, schema: &str, table: &str, row: &str, file: &Path) -> Result<u64, String> {
        let question = json!({"load": table, "schema": schema, "type": row, "file": file});
        let answer = self.exchange(&question)?;
        let loaded = answer["loaded"].as_str().and_then(|text| text.parse().ok());
        loaded.ok_or_else(|| format!("Trino cannot load {table}: {}", answer["message"]))
    }
}

impl Drop for Oracle {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn outcome(answer: &Value) -> Outcome {
    if let Some(class) = answer["error"].as_str() {
        return Err(Failure {
            class: class.to_owned(),
            message: answer["message"].as_str().unwrap_or_default().to_owned(),
            place: answer["line"].as_u64().zip(answer["column"].as_u64()),
        });
    }
    let texts = |name: &str| -> Vec<String> {
        let all = answer[name].as_array().into_iter().flatten();
        all.map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    };
    let rows = answer["rows"].as_array().into_iter().flatten();
    let rows = rows.map(|row| row.as_array().cloned().unwrap_or_default()).collect();
    Ok(Answer { columns: texts("columns"), types: texts("types"), rows })
}

/// Whether `made` is there and not older than `from`.
fn is_newer(made: &Path, from: &Path) -> bool {
    let time = |path: &Path| -> Option<SystemTime> { fs::metadata(path).ok()?.modified().ok() };
    time(made).zip(time(from)).is_some_and(|(made, from)| made >= from)
}

fn run(command: &mut Command, missing: &str) -> Result<(), String> {
    let output = command.output().map_err(|error| format!("{missing}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{missing}: {}", String::from_utf8_lossy(&said)))
}

/// The class path of Trino's parts.
fn libraries(folder: &Path, work: &Path) -> Result<String, String> {
    let (project, list) = (folder.join("pom.xml"), work.join("libraries.txt"));
    let read = || fs::read_to_string(&list).unwrap_or_default();
    let is_there =
        |list: &str| !list.is_empty() && list.trim().split(':').all(|part| Path::new(part).exists());
    if !is_newer(&list, &project) || !is_there(&read()) {
        let mut maven = Command::new("mvn");
        maven.args([
            "-q",
            "-B",
            "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath",
            "-f",
        ]);
        maven.arg(&project).arg(format!("-Dmdep.outputFile={}", list.display()));
        run(&mut maven, "cannot bring Trino by `mvn`; install Maven 3.6 or newer and a JDK 17")?;
    }
    Ok(read().trim().to_owned())
}

fn compiled(folder: &Path, work: &Path, libraries: &str) -> Result<PathBuf, String> {
    let (source, classes) = (folder.join("Oracle.java"), work.join("classes"));
    if !is_newer(&classes.join("Oracle.class"), &source) {
        let mut compiler = Command::new("javac");
        compiler.args(["-nowarn", "-cp", libraries, "-d"]).arg(&classes).arg(&source);
        run(&mut compiler, "cannot compile the oracle by `javac`; install a JDK 17 or newer")?;
    }
    Ok(classes)
}
