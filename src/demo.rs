//! stub
use crate::domain::time::Window;
use std::{
    io,
    path::{Path, PathBuf},
};
/// stub
pub struct Demo {
    pub logs: PathBuf,
    pub config: PathBuf,
    pub window: Window,
    pub files: u64,
    pub events: u64,
}
/// stub
pub fn write(_root: &Path, _seed: u64) -> io::Result<Demo> {
    Err(io::Error::other("stub"))
}
