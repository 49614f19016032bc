//! Identities and permission tokens: keys, derivations, signatures, and the decision what a chain of tokens permits.
//! [`mesh`] is what handshakes and packets of the mesh are made of.
//!
//! Nothing here reads a clock or draws a random number: the caller passes the time in seconds since the Unix epoch,
//! seeds and nonces. Signatures are checked strictly, as RFC 8032 with canonical encodings and without points of
//! small order, so that every implementation that does so gives the same answer.

#![forbid(unsafe_code)]

mod authorize;
mod cache;
mod channel;
mod entity;
mod keypair;
pub mod mesh;
mod token;

pub use authorize::{Claim, authorize};
pub use cache::TokenCache;
pub use channel::ChannelName;
pub use entity::EntityId;
pub use keypair::{Keypair, Seed};
pub use token::{Delegation, Grant, Token};
