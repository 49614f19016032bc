//! What no build has: every method answers as its contract does where nothing implements it.

use net_types::api;

/// An object that cannot be made.
#[derive(Debug)]
pub struct EchoAnnex;

impl api::EchoAnnex for EchoAnnex {}
