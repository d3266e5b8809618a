//! The engine's error as the rest of the program sees it: no module outside of this folder names DataFusion.

use datafusion::error::DataFusionError;

/// DataFusion could not be set up, or refused a relation that every query needs.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct EngineError(#[from] DataFusionError);
