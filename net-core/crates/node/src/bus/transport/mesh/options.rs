//! The settings of the transport, checked.

use bytes::Bytes;
use net_crypto::mesh::{PublicKey, StaticKey};
use net_types::{
    Error,
    bus::{BusError, MeshDelivery, MeshRole, MeshTransportOptions, NetOptions},
    mesh::MeshNodeConfig,
};

use super::super::{super::core::in_range, start::invalid};
use crate::mesh::{Settings, secret_bytes};

/// How events are carried.
pub(crate) struct Options {
    pub(super) settings: Settings,
    /// The peer's address.
    pub(super) peer: String,
    pub(super) key: Option<PublicKey>,
    pub(super) dials: bool,
    pub(super) delivery: MeshDelivery,
}

impl Options {
    /// Checks what a caller asks for.
    pub(crate) fn of(options: &MeshTransportOptions) -> Result<Self, Error> {
        in_range(options.check())?;
        let key = options.peer_public_key.map(|key| PublicKey::new(key.0));
        let dials = match options.role {
            Some(MeshRole::Initiator) if key.is_none() => {
                return Err(invalid("role", "an initiator needs `peer_public_key`").into());
            }
            Some(role) => role == MeshRole::Initiator,
            None => key.is_some(),
        };
        Ok(Self {
            settings: settings(options)?,
            peer: options.peer.clone(),
            key,
            dials,
            delivery: options.reliability,
        })
    }
}

/// The same under the names of the core packages.
pub(crate) fn renamed(options: NetOptions) -> MeshTransportOptions {
    MeshTransportOptions {
        role: options.role,
        peer_public_key: options.peer_public_key,
        secret_key: options.secret_key,
        public_key: options.public_key,
        identity_seed: None,
        reliability: options.reliability,
        heartbeat_interval: options.heartbeat_interval,
        session_timeout: options.session_timeout,
        batched_io: options.batched_io,
        packet_pool_size: options.packet_pool_size,
        ..MeshTransportOptions::new(options.bind_addr, options.peer_addr, options.psk)
    }
}

fn settings(options: &MeshTransportOptions) -> Result<Settings, Error> {
    let (seed, key) = keys(options)?;
    let settings = Settings::of(&MeshNodeConfig {
        heartbeat_interval: options.heartbeat_interval,
        session_timeout: options.session_timeout,
        identity_seed: seed,
        relay: false,
        ..MeshNodeConfig::new(options.bind.clone(), options.psk.clone())
    })?;
    let settings = match key {
        Some(key) => settings.with_static_key(key),
        None => settings,
    };
    match options.public_key {
        Some(public) if PublicKey::new(public.0) != settings.public_key() => {
            Err(invalid("public_key", "it belongs to another secret key").into())
        }
        _ => Ok(settings),
    }
}

/// The seed of the identity, and the static key if that does not follow from it.
fn keys(options: &MeshTransportOptions) -> Result<(Option<Bytes>, Option<StaticKey>), BusError> {
    let Some(text) = &options.secret_key else { return Ok((options.identity_seed.clone(), None)) };
    if options.identity_seed.is_some() {
        return Err(invalid("secret_key", "it stands beside `identity_seed`"));
    }
    let secret = secret_bytes(text).ok_or_else(|| invalid("secret_key", "a secret key is 64 hex digits"))?;
    let key = StaticKey::from_secret(secret);
    Ok((Some(Bytes::copy_from_slice(key.identity().as_bytes())), Some(key)))
}
