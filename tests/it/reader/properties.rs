//! Properties over random files.
