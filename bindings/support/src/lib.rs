//! What every binding shares: handles, the completion queue, host calls, packs and the runtime.
