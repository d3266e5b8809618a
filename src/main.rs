//! The program: the command line.

fn main() {}
