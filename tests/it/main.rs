//! Integration tests: one binary, a module a subject.

mod broken;
mod common;
mod config;
mod demo;
mod functions;
mod library;
mod reader;
mod render;
mod sql;
mod tidy;
mod windows;
