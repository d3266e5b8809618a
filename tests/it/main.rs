//! Integration tests: one binary, a module a subject.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod addresses;
mod brief;
mod broken;
mod check;
mod cli;
mod common;
mod config;
#[cfg(feature = "aws")]
mod deliver;
mod demo;
mod documents;
mod identity;
mod index;
mod investigate;
mod left_out;
mod library;
mod normal;
#[cfg(feature = "aws")]
mod optional;
mod paste;
mod profiles;
mod promises;
mod reader;
mod remote;
mod render;
#[cfg(feature = "aws")]
mod rig;
mod rights;
#[cfg(feature = "aws")]
mod service;
mod sessions;
mod shipped;
#[cfg(feature = "aws")]
mod state;
mod tables;
mod tidy;
mod truncated;
mod undecidable;
mod views;
mod windows;
