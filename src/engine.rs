//! Engines that answer SQL over CloudTrail events.

pub mod embedded;
