//! Walks the folders of a source level by level, so that an object store lists the folders of one level concurrently.
//!
//! Decides nothing about what a folder means: the caller does.

use std::io;

use super::{Children, Source, SourceError};

/// Lists the root, then every folder that `enter` returns, level by level. `enter` gets each folder's path with what is
/// directly inside, or with the reason why it cannot be listed, and returns the folders to list next.
///
/// # Errors
///
/// If the root itself cannot be listed.
pub(super) fn levels(
    source: &Source,
    mut enter: impl FnMut(&str, io::Result<Children>) -> Vec<String>,
) -> Result<(), SourceError> {
    let mut level = vec![String::new()];
    while !level.is_empty() {
        let mut next = Vec::new();
        for (folder, children) in level.iter().zip(source.children(&level)) {
            match children {
                Err(error) if folder.is_empty() => {
                    return Err(SourceError::Unlisted { path: source.name(), source: error });
                }
                children => next.extend(enter(folder, children)),
            }
        }
        level = next;
    }
    Ok(())
}

/// The segments of a path below the source, with those above the source's root that belong to the layout.
pub(super) fn segments<'a>(leading: &'a [String], path: &'a str) -> Vec<&'a str> {
    leading.iter().map(String::as_str).chain(path.split('/')).collect()
}
