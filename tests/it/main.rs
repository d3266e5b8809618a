//! Integration tests: one binary, a module a subject.

mod broken;
mod cli;
mod common;
mod config;
mod demo;
mod functions;
mod library;
mod reader;
mod remote;
mod render;
mod shipped;
mod sql;
mod tidy;
mod windows;
