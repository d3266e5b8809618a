//! Databases of addresses in the format of MaxMind (`.mmdb`), which the user gives: where an address is, who runs its network.
//!
//! Several vendors write such files, with other keys for the same things; those of MaxMind, DB-IP, IPinfo and of the free lists
//! of countries and autonomous systems are known. A file is checked as a whole when it is opened: nothing in it is trusted.

use std::{fs, net::IpAddr, path::Path};

use maxminddb::{LookupResult, PathElement, Reader};

use crate::domain::{untrusted::Untrusted, whereabouts::Whereabouts};

/// The largest file: those of cities have some 120 MB.
const MOST_BYTES: u64 = 512 << 20;
/// The longest text that is kept of a file, in characters.
const MOST_CHARS: usize = 100;

/// Where the name of a city is.
const CITY: [&[&str]; 2] = [&["city", "names", "en"], &["city"]];
/// Where the name of a country is, else its code.
const COUNTRY: [&[&str]; 5] = [
    &["country", "names", "en"],
    &["country_name"],
    &["country", "iso_code"],
    &["country_code"],
    &["country"],
];
/// Where the name of an autonomous system is.
const OPERATOR: [&[&str]; 3] = [&["autonomous_system_organization"], &["as_name"], &["as_organization"]];
/// Where its number is as a text.
const NUMBER: [&str; 1] = ["asn"];

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MmdbError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is a directory or a device.
    #[error("it is not a file")]
    NoFile,
    /// It is too large.
    #[error("it has {0} bytes, more than {MOST_BYTES}")]
    TooLarge(u64),
    /// It is not in the format, or damaged.
    #[error("it is not a sound MaxMind DB file: {0}")]
    Unsound(#[from] maxminddb::MaxMindDbError),
}

/// Databases, the first first.
#[derive(Debug, Default)]
pub struct Databases(Vec<Reader<Vec<u8>>>);

impl Databases {
    /// Adds a file.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or any part of it is not as the format says.
    pub fn add(&mut self, path: &Path) -> Result<(), MmdbError> {
        let file = fs::metadata(path)?;
        if !file.is_file() {
            return Err(MmdbError::NoFile);
        }
        if file.len() > MOST_BYTES {
            return Err(MmdbError::TooLarge(file.len()));
        }
        let reader = Reader::from_source(fs::read(path)?)?;
        reader.verify()?;
        self.0.push(reader);
        Ok(())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What they know of an address: of each thing, what the first one says that knows it.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Whereabouts {
        // A sound file of IPv4 addresses fails for one of IPv6.
        let found = self.0.iter().filter_map(|reader| reader.lookup(address).ok());
        found.map(|found| whereabouts(&found)).fold(Whereabouts::default(), Whereabouts::or)
    }
}

fn whereabouts(found: &LookupResult<'_, Vec<u8>>) -> Whereabouts {
    let first = |paths: &[&[&str]]| paths.iter().find_map(|path| text(found, path));
    let city_and_country: Vec<String> = [first(&CITY), first(&COUNTRY)].into_iter().flatten().collect();
    let number = at::<u32>(found, &["autonomous_system_number"]).map(|number| format!("AS{number}"));
    let operator: Vec<String> =
        [number.or_else(|| text(found, &NUMBER)), first(&OPERATOR)].into_iter().flatten().collect();
    let joined = |parts: Vec<String>, by: &str| (!parts.is_empty()).then(|| Untrusted::new(parts.join(by)));
    Whereabouts { location: joined(city_and_country, ", "), operator: joined(operator, " ") }
}

/// The text at a path, if there is one that is not empty.
fn text(found: &LookupResult<'_, Vec<u8>>, path: &[&str]) -> Option<String> {
    let text: &str = at(found, path)?;
    let text: String = text.trim().chars().take(MOST_CHARS).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// The value at a path; `None` if there is none of this type.
fn at<'a, T: serde::Deserialize<'a>>(found: &LookupResult<'a, Vec<u8>>, path: &[&str]) -> Option<T> {
    let path: Vec<PathElement<'_>> = path.iter().map(|key| PathElement::Key(key)).collect();
    found.decode_path(&path).ok().flatten()
}
