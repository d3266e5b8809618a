//! States in memory and in a directory: who may claim, and that never two runs commit over each other.

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_s(1_773_100_800 + seconds)
}
