//! Any text as the path of a log file: the grammar of folders never panics, and agrees with itself.
//!
//! `cargo +nightly fuzz run paths fuzz/corpus/paths fuzz/seeds/paths -- -max_len=400`
#![no_main]

use libfuzzer_sys::fuzz_target;
use source::{
    layout::{Folder, folder, partition},
    names::{FileKind, called, kind},
};

#[path = "../../src/domain"]
mod domain {
    pub mod account;
    pub mod delivery;
    pub mod time;
}

#[path = "../../src/engine/embedded/source"]
mod source {
    pub mod layout;
    pub mod names;
}

fuzz_target!(|path: &str| {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    for length in 0..=segments.len() {
        let (above, of) = (&segments[..length.saturating_sub(1)], folder(&segments[..length]));
        match &of {
            // What lies inside a region lies inside its account.
            Folder::Days(account, region, first, end) => {
                assert!(first < end);
                assert!(segments[..length].contains(&account.as_str()));
                assert!(segments[..length].contains(&region.as_str()));
            }
            Folder::Other(name) => assert_eq!(segments[length - 1], name),
            Folder::Unknown | Folder::Account(_) | Folder::Region(..) => {}
        }
        // A file lies in the partition of its folder.
        if let Some(found) = partition(&segments[..length]) {
            let days = Folder::Days(found.account, found.region, found.day, found.day.next());
            assert_eq!(folder(above), days);
        }
        // A prefix above the logs changes nothing.
        if let Some(logs) = segments[..length].iter().rposition(|segment| *segment == "AWSLogs") {
            assert_eq!(folder(&segments[logs..length]), of);
        }
    }
    assert!(called(path).len() < 40);
    let named = format!("{path}.json.gz");
    assert_eq!(kind(&named), FileKind::Log);
});
