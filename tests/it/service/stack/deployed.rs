//! A stack on the emulator: the template and the zip as they are deployed, and what became of them.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use aws_sdk_lambda::{Client, primitives::Blob};
use object_store::ObjectStoreExt as _;
use serde_json::{Value, json};

use crate::{deliver::server::ask, rig};

const PATIENCE: Duration = Duration::from_secs(60);

/// A schedule of a time that no test sees.
const NEVER: &str = "cron(0 0 1 1 ? 2099)";

/// What stands in the project below `infra/`.
pub fn infra(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("infra").join(name)
}

/// Runs `infra/package` with these arguments.
pub fn package(arguments: &[&str]) -> Output {
    Command::new(infra("package")).args(arguments).output().unwrap()
}

/// A script that becomes the program: the zip stays small, and nothing has to be built for it.
pub fn bootstrap(folder: &Path) -> PathBuf {
    let script = folder.join("starts-the-program");
    fs::write(&script, format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_trailbrief"))).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    script
}

/// A stack that is there.
#[derive(Debug)]
pub struct Stack {
    /// Its name.
    pub name: String,
    outputs: BTreeMap<String, String>,
}

/// Makes the zip, uploads it and creates a stack of `trailbrief.yaml`; names of stacks and databases must be free.
///
/// `CodeBucket` and `CodeKey` are filled in. So are the times of the schedules, for the emulator keeps them: an hour that
/// strikes during a test must not start a function that knows nothing of the emulator. The error is CloudFormation's.
pub async fn deploy(name: &str, parameters: &[(&str, &str)]) -> Result<Stack, String> {
    let folder = tempfile::tempdir().unwrap();
    let (program, zip) = (bootstrap(folder.path()), folder.path().join("trailbrief.zip"));
    let output = package(&["--binary", program.to_str().unwrap(), "--out", zip.to_str().unwrap()]);
    assert!(output.status.success(), "{}", super::stderr(&output));
    let code = format!("code-{name}");
    rig::make_bucket(&code);
    rig::bucket(&code).put(&"trailbrief.zip".into(), fs::read(&zip).unwrap().into()).await.unwrap();
    let own = [
        ("CodeBucket", code.as_str()),
        ("CodeKey", "trailbrief.zip"),
        ("HourlySchedule", NEVER),
        ("DailySchedule", NEVER),
    ];
    let own = own.into_iter().filter(|(key, _)| !parameters.iter().any(|(given, _)| given == key));
    create(name, "trailbrief.yaml", &own.chain(parameters.iter().copied()).collect::<Vec<_>>())
}

/// Creates a stack of a template in `infra/`, and waits for its end.
pub fn create(name: &str, template: &str, parameters: &[(&str, &str)]) -> Result<Stack, String> {
    let template = fs::read_to_string(infra(template)).unwrap();
    assert!(template.len() <= 51_200, "CloudFormation takes no more in a call");
    let mut fields = vec![
        ("StackName".to_owned(), name),
        ("TemplateBody".to_owned(), &template),
        ("Capabilities.member.1".to_owned(), "CAPABILITY_IAM"),
    ];
    for (at, (key, value)) in (1..).zip(parameters) {
        fields.push((format!("Parameters.member.{at}.ParameterKey"), key));
        fields.push((format!("Parameters.member.{at}.ParameterValue"), value));
    }
    query("cloudformation", "CreateStack", "2010-05-15", &fields)?;
    let began = Instant::now();
    loop {
        let said =
            query("cloudformation", "DescribeStacks", "2010-05-15", &[("StackName".to_owned(), name)])?;
        let status = texts(&said, "StackStatus").concat();
        match status.as_str() {
            "CREATE_COMPLETE" => {
                let keys = texts(&said, "OutputKey").into_iter().map(str::to_owned);
                let values = texts(&said, "OutputValue").into_iter().map(str::to_owned);
                return Ok(Stack { name: name.to_owned(), outputs: keys.zip(values).collect() });
            }
            "CREATE_IN_PROGRESS" if began.elapsed() < PATIENCE => std::thread::yield_now(),
            _ => return Err(said),
        }
    }
}

/// Asks a service that takes forms and answers in XML.
pub fn query(
    service: &str,
    action: &str,
    version: &str,
    fields: &[(String, &str)],
) -> Result<String, String> {
    let mut body = format!("Action={action}&Version={version}");
    for (key, value) in fields {
        body.push_str(&format!("&{key}={}", encoded(value)));
    }
    let signed = signature(service);
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", signed.as_str())];
    match ask(&rig::emulator().url, "POST", "/", &headers, &body) {
        (200, said) => Ok(said),
        (_, said) => Err(said),
    }
}

/// Reads something of a service that names things by path.
pub fn get(service: &str, path: &str) -> String {
    by_path(service, "GET", path, "")
}

fn by_path(service: &str, method: &str, path: &str, body: &str) -> String {
    let signed = signature(service);
    let headers = [("Content-Type", "application/json"), ("Authorization", signed.as_str())];
    let (status, said) = ask(&rig::emulator().url, method, path, &headers, body);
    assert_eq!(status, 200, "{path}: {said}");
    said
}

/// Asks a service that takes JSON. Not through the SDK: the emulator gives some numbers of a stack as texts.
pub fn call(service: &str, target: &str, body: &Value) -> Value {
    let signed = signature(service);
    let headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("X-Amz-Target", target),
        ("Authorization", signed.as_str()),
    ];
    let (status, said) = ask(&rig::emulator().url, "POST", "/", &headers, &body.to_string());
    assert_eq!(status, 200, "{target}: {said}");
    serde_json::from_str(&said).unwrap()
}

fn signature(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// The texts of all elements of this name.
pub fn texts<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| rest.split(&close).next()).collect()
}

impl Stack {
    /// An output; each is in the template's section `Outputs`.
    pub fn output(&self, key: &str) -> &str {
        self.outputs.get(key).unwrap_or_else(|| panic!("no output {key}: {:?}", self.outputs))
    }

    /// The function's name.
    pub fn function(&self) -> &str {
        self.output("FunctionName")
    }

    /// The bucket of state, briefs and results.
    pub fn bucket(&self) -> &str {
        self.output("Bucket")
    }

    /// The function's settings. Not through the SDK: the emulator gives the size of temporary storage as a text.
    pub fn settings(&self) -> Value {
        serde_json::from_str(&get("lambda", &self.settings_path())).unwrap()
    }

    fn settings_path(&self) -> String {
        format!("/2015-03-31/functions/{}/configuration", self.function())
    }

    /// The configuration, as the template rendered it.
    pub fn rendered(&self) -> String {
        self.settings()["Environment"]["Variables"]["TRAILBRIEF_CONFIG_TEXT"].as_str().unwrap().to_owned()
    }

    /// Adds what a process needs to take the emulator for AWS, and more; the template has no parameter for that.
    pub fn point_at_emulator(&self, more: &[(&str, &str)]) {
        let mut environment = self.settings()["Environment"].take();
        let own = rig::environment();
        let own = own.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.chain(more.iter().copied()) {
            environment["Variables"][name] = value.into();
        }
        let body = json!({"Environment": environment}).to_string();
        by_path("lambda", "PUT", &self.settings_path(), &body);
    }

    /// Invokes the function and waits: its answer, or the error that it gave.
    pub async fn invoke(&self, event: &Value) -> Result<Value, Value> {
        let client = Client::new(&rig::sdk().await);
        let call = client.invoke().function_name(self.function()).payload(Blob::new(event.to_string()));
        let answer = call.send().await.unwrap();
        let payload = serde_json::from_slice(answer.payload().unwrap().as_ref()).unwrap();
        if answer.function_error().is_some() { Err(payload) } else { Ok(payload) }
    }
}
