//! Tells cargo that the embedded detections and base events are part of the program.
//!
//! Without this a new file in one of these directories would not be noticed until some source file changes.

fn main() {
    println!("cargo::rerun-if-changed=queries");
    println!("cargo::rerun-if-changed=tests/events");
}
