//! The part of `datafusion::arrow` that the record reader uses, without DataFusion.

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
}
