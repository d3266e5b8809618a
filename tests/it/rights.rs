//! The function's role has the rights that the program uses, and no others: the operations in the code are compared with the
//! actions in the template.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The parts of the program that call AWS.
const CALLERS: [&str; 4] = ["src/aws", "src/s3", "src/store", "src/engine/embedded/source"];

/// Operations whose action has another name.
const ACTIONS: [(&str, &str); 2] = [("s3:ListObjectsV2", "s3:ListBucket"), ("s3:HeadObject", "s3:GetObject")];

/// Operations that the function does not need.
const NOT_NEEDED: [(&str, &str); 1] = [("glue:CreateDatabase", "the stack creates the database")];

/// Actions that services use with the role's permissions.
const FOR_SERVICES: [(&str, &str); 11] = [
    ("glue:GetTables", "Athena looks the table up"),
    ("kms:Decrypt", "S3, Secrets Manager and Systems Manager decrypt"),
    ("kms:GenerateDataKey", "S3 encrypts what is written"),
    ("lakeformation:GetDataAccess", "Athena reads locations that Lake Formation governs"),
    ("logs:CreateLogStream", "Lambda writes the log"),
    ("logs:PutLogEvents", "Lambda writes the log"),
    ("s3:AbortMultipartUpload", "Athena writes results"),
    ("s3:GetBucketLocation", "Athena looks up the region of buckets"),
    ("s3:ListBucketMultipartUploads", "Athena writes results"),
    ("s3:ListMultipartUploadParts", "Athena writes results"),
    ("sqs:SendMessage", "Lambda leaves failed events"),
];

/// The Rust files below a folder of the repository, without their tests.
fn sources(folder: &Path, found: &mut BTreeMap<String, String>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.file_name().is_some_and(|name| name == "tests" || name == "tests.rs") {
            continue;
        } else if path.is_dir() {
            sources(&path, found);
        } else {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
            found.insert(path.display().to_string(), code);
        }
    }
}

fn code() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = BTreeMap::new();
    CALLERS.iter().for_each(|folder| sources(&root.join(folder), &mut found));
    found
}

/// Whether a text is an operation such as `glue:GetTable`.
fn is_operation(text: &str) -> bool {
    text.split_once(':').is_some_and(|(service, name)| {
        !service.is_empty()
            && service.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit())
            && name.starts_with(|first: char| first.is_ascii_uppercase())
            && name.chars().all(|char| char.is_ascii_alphanumeric())
    })
}

/// The operations that the code names: every call is logged with its own.
fn operations() -> BTreeSet<String> {
    let code = code();
    let texts = code.values().flat_map(|text| text.split('"'));
    texts.filter(|text| is_operation(text)).map(str::to_owned).collect()
}

/// The actions that the role of the function allows.
fn allowed() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let template = fs::read_to_string(root.join("infra/trailbrief.yaml")).unwrap();
    let role = template.split("\n  Role:\n").nth(1).unwrap().split("\n  Function:\n").next().unwrap();
    let entries =
        role.lines().map(|line| line.trim().trim_start_matches("Action: ").trim_start_matches("- "));
    entries.filter(|entry| is_operation(entry) && *entry != "sts:AssumeRole").map(str::to_owned).collect()
}

#[test]
fn the_role_has_the_rights_that_the_program_uses_and_no_others() {
    let named = |operation: &str| {
        let other = ACTIONS.iter().find(|(name, _)| *name == operation).map(|(_, action)| *action);
        other.unwrap_or(operation).to_owned()
    };
    let is_needed = |operation: &&String| NOT_NEEDED.iter().all(|(name, _)| name != operation);
    let operations = operations();
    for (operation, _) in ACTIONS.iter().chain(&NOT_NEEDED) {
        assert!(operations.contains(*operation), "the program does not call {operation} any more");
    }
    let used: BTreeSet<String> = operations.iter().filter(is_needed).map(|name| named(name)).collect();
    let for_services: BTreeSet<String> =
        FOR_SERVICES.iter().map(|(action, _)| (*action).to_owned()).collect();
    let needed: BTreeSet<String> = used.union(&for_services).cloned().collect();
    let allowed = allowed();
    let missing: Vec<_> = needed.difference(&allowed).collect();
    assert!(missing.is_empty(), "infra/trailbrief.yaml does not allow {missing:?}");
    let spare: Vec<_> = allowed.difference(&needed).collect();
    assert!(spare.is_empty(), "nothing uses {spare:?}, which infra/trailbrief.yaml allows");
    let twice: Vec<_> = used.intersection(&for_services).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn every_call_of_a_client_is_logged_with_its_operation() {
    let names: BTreeSet<String> =
        operations().iter().filter_map(|name| name.split_once(':')).map(|(_, name)| snake(name)).collect();
    let mut calls = 0;
    for (file, text) in code().iter().filter(|(file, _)| file.contains("src/aws/")) {
        let flat: String = text.split_whitespace().collect();
        for call in flat.split("client.").skip(1) {
            let name = call.split('(').next().unwrap_or_default();
            if name.contains('_') && name.chars().all(|char| char.is_ascii_lowercase() || char == '_') {
                assert!(names.contains(name), "{file} calls `{name}`, which no operation names: {names:?}");
                calls += 1;
            }
        }
    }
    assert!(calls > 10, "{calls}");
}

/// `GetTable` as `get_table`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for char in name.chars() {
        if char.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(char.to_ascii_lowercase());
    }
    out
}
