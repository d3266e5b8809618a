//! Integration tests: one binary, a module a subject.

mod reader;
mod render;
mod tidy;
