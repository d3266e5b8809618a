//! trailbrief reads CloudTrail logs, runs a library of SQL detections over exact windows and writes one brief.

pub mod domain;
pub mod engine;
pub mod render;
