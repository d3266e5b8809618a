//! Integration tests: one binary, a module a subject.

mod broken;
mod common;
mod config;
mod functions;
mod library;
mod reader;
mod remote;
mod render;
mod sql;
mod tidy;
mod windows;
