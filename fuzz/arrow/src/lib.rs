//! The part of `datafusion` that the record reader and the JSON of SQL functions use, without DataFusion.

/// As `datafusion::arrow`.
pub mod arrow {
    /// Arrays and their builders.
    pub mod array {
        pub use arrow_array::builder::*;
        pub use arrow_array::*;
    }
    /// Buffers under arrays.
    pub mod buffer {
        pub use arrow_buffer::*;
    }
    /// Types and schemas.
    pub mod datatypes {
        pub use arrow_schema::*;
    }
    /// Errors.
    pub mod error {
        pub use arrow_schema::ArrowError;
    }
}
/// As `datafusion::error`.
pub mod error {
    /// What a function may fail with.
    #[derive(Debug)]
    pub enum DataFusionError {
        /// An error of the function.
        External(Box<dyn std::error::Error + Send + Sync>),
        /// One of Arrow's kernels.
        ArrowError(Box<arrow_schema::ArrowError>, Option<String>),
    }

    impl DataFusionError {
        /// The error itself: it has no context here.
        #[must_use]
        pub const fn find_root(&self) -> &Self {
            self
        }
    }

    impl std::fmt::Display for DataFusionError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{self:?}")
        }
    }

    impl std::error::Error for DataFusionError {}
}
