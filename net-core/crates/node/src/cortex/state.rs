//! What a log is folded into: a state that takes events and can be saved.

use std::sync::Arc;

use net_state::Fold;
use net_types::{
    Error,
    cortex::{CortexError, CortexSnapshot},
    redex::RedexEvent,
};

use super::core::Core;
use crate::redex::blocking;

/// A state that takes events and can be saved, one after the other.
pub(super) trait State: Sized + Send + Sync + 'static {
    /// Takes what a log has next.
    fn take(
        core: &Arc<Core<Self>>,
        events: Vec<RedexEvent>,
    ) -> impl Future<Output = Result<(), CortexError>> + Send;

    /// The state as it is, with how far it is.
    fn save(core: &Arc<Core<Self>>) -> impl Future<Output = Result<CortexSnapshot, Error>> + Send;
}

impl<F: Fold + Send + Sync + 'static> State for F {
    async fn take(core: &Arc<Core<Self>>, events: Vec<RedexEvent>) -> Result<(), CortexError> {
        core.apply(&events)
    }

    async fn save(core: &Arc<Core<Self>>) -> Result<CortexSnapshot, Error> {
        let core = Arc::clone(core);
        Ok(blocking(move || core.snapshot()).await??)
    }
}
