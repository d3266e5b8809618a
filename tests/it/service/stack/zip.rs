//! `infra/package`: what is in the zip, and what is refused.

use std::{fs, path::Path, process::Command};

use super::{
    deployed::{bootstrap, package},
    stderr,
};

/// Names, rights and sizes of what a zip holds, as Python sees it.
fn listed(zip: &Path) -> String {
    let program = "import sys, zipfile\nfor e in zipfile.ZipFile(sys.argv[1]).infolist(): \
                   print(oct(e.external_attr >> 16), e.filename)";
    let output = Command::new("python3").args(["-c", program]).arg(zip).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// A directory with a program, a configuration and a detection.
fn place() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    bootstrap(folder.path());
    fs::write(
        folder.path().join("own.toml"),
        "[library]\npaths = [\"detections\"]\n[addresses]\nmmdb = [\"net.mmdb\"]\n",
    )
    .unwrap();
    fs::write(folder.path().join("net.mmdb"), "net").unwrap();
    let family = folder.path().join("detections/own");
    fs::create_dir_all(&family).unwrap();
    for name in ["rule.sql", "rule.cases.toml", ".rule.sql.swp", "notes.txt"] {
        fs::write(family.join(name), name).unwrap();
    }
    folder
}

fn arguments(folder: &Path, out: &Path) -> Vec<String> {
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let own = [
        ("--binary", at("starts-the-program")),
        ("--config", at("own.toml")),
        ("--detections", at("detections")),
        ("--mmdb", at("net.mmdb")),
        ("--out", out.to_str().unwrap().to_owned()),
    ];
    own.into_iter().flat_map(|(option, value)| [option.to_owned(), value]).collect()
}

#[test]
fn the_same_files_give_the_same_zip() {
    let mut zips = Vec::new();
    for _ in 0..2 {
        let folder = place();
        let zip = folder.path().join("deep/er/trailbrief.zip");
        let arguments = arguments(folder.path(), &zip);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = package(&arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(
            listed(&zip),
            "0o100755 bootstrap\n0o100644 detections/own/rule.cases.toml\n0o100644 detections/own/rule.sql\n\
             0o100644 net.mmdb\n0o100644 trailbrief.toml\n"
        );
        zips.push(fs::read(&zip).unwrap());
    }
    assert!(zips[0] == zips[1]);
}

/// The first bytes of a program for Linux on this processor, and the version of glibc that it asks for.
fn program(processor: u8, glibc: &str) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(18, 0);
    bytes.extend([processor, 0]);
    bytes.extend(format!("\0GLIBC_2.17\0GLIBC_{glibc}\0").bytes());
    bytes
}

#[test]
fn a_program_that_lambda_could_not_start_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (file, zip) = (folder.path().join("program"), folder.path().join("trailbrief.zip"));
    let pack = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        package(&["--binary", file.to_str().unwrap(), "--out", zip.to_str().unwrap()])
    };
    for (bytes, reason) in [
        (program(0x3e, "2.38"), "needs glibc 2.38, and Lambda has 2.34\n  hint: build with --target"),
        (program(0x28, "2.17"), "a processor that Lambda does not have"),
        (b"MZ".to_vec(), "is not a program for Linux"),
    ] {
        let output = pack(&bytes);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains(reason), "{}", stderr(&output));
        assert!(!zip.exists());
    }
    for (processor, architecture) in [(0x3e, "x86_64"), (0xb7, "arm64")] {
        let output = pack(&program(processor, "2.34"));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success() && said.contains(&format!("architecture {architecture}\n")),
            "{said}"
        );
    }
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let program = bootstrap(folder.path());
    let (program, empty) = (program.to_str().unwrap(), folder.path().join("empty"));
    fs::create_dir(&empty).unwrap();
    let config = folder.path().join("own.toml");
    fs::write(&config, "[library]\npaths = [\"empty\"]\n").unwrap();
    let (config, empty) = (config.to_str().unwrap(), empty.to_str().unwrap());
    let out = folder.path().join("trailbrief.zip");
    for (arguments, reason) in [
        (
            &["--binary", "nowhere/trailbrief"][..],
            "cannot read nowhere/trailbrief: No such file or directory",
        ),
        (&["--binary", program, "--config", "nowhere.toml"], "cannot read nowhere.toml"),
        (&["--binary", program, "--config", config, "--detections", empty], "holds no detection (*.sql)"),
        (&["--binary", program, "--detections", empty], "no configuration in the zip names empty"),
        (&["--binary", program, "--mmdb", "net.mmdb"], "no configuration in the zip names net.mmdb"),
        (&["--binary", program, "--out", empty], "is a directory"),
        (&["--target", "aarch64-apple-darwin"], "Lambda does not run programs for aarch64-apple-darwin"),
        (&["--target", "x86_64-unknown-linux-gnu", "--binary", program], "give one of them"),
        (&["--binary"], "--binary needs a value"),
        (&["--zip", "it"], "usage: infra/package"),
    ] {
        let output = package(&[&["--out", out.to_str().unwrap()], arguments].concat());
        assert!(!output.status.success() && !out.exists(), "{arguments:?}");
        assert!(stderr(&output).contains(reason), "{arguments:?}: {}", stderr(&output));
    }
}
