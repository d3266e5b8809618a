//! Integration tests: one binary, a module a subject.

mod render;
mod tidy;
