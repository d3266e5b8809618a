//! Walks the folders of a source level by level, so that an object store lists the folders of one level concurrently.
//!
//! Decides nothing about what a folder means: the caller does.

use std::{collections::BTreeSet, io, path::PathBuf};

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
    let mut followed = BTreeSet::new();
    while !level.is_empty() {
        let mut next = Vec::new();
        for (folder, children) in level.iter().zip(source.children(&level)) {
            match children {
                Err(error) if folder.is_empty() => {
                    return Err(SourceError::Unlisted { path: source.name(), source: error });
                }
                Ok(mut children) => {
                    pass_followed(&mut children, &mut followed);
                    next.extend(enter(folder, Ok(children)));
                }
                Err(error) => next.extend(enter(folder, Err(error))),
            }
        }
        level = next;
    }
    Ok(())
}

/// Takes out the links to directories that another link led to: links that lead to each other never end otherwise.
fn pass_followed(children: &mut Children, followed: &mut BTreeSet<PathBuf>) {
    for (path, target) in std::mem::take(&mut children.links) {
        if !followed.insert(target) {
            children.folders.retain(|folder| *folder != path);
            children
                .problems
                .push((path, "another link leads to the same directory; not followed".to_owned()));
        }
    }
}

/// The segments of a path below the source, with those above the source's root that belong to the layout; empty ones left out.
pub(super) fn segments<'a>(leading: &'a [String], path: &'a str) -> Vec<&'a str> {
    leading.iter().map(String::as_str).chain(path.split('/')).filter(|segment| !segment.is_empty()).collect()
}
