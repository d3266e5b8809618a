//! Integration tests: one binary, a module a subject.

mod config;
mod library;
mod reader;
mod render;
mod tidy;
