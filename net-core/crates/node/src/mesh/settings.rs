//! The settings of a node, checked.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
    sync::Arc,
    time::SystemTime,
};

use net_channel::{SubnetId, SubnetPolicy, published};
use net_crypto::{
    Seed,
    mesh::{Psk, PublicKey, StaticKey},
};
use net_machine::Settings as Machine;
use net_session::Config;
use net_types::{
    BaseError, Error,
    mesh::{MeshError, MeshNodeConfig},
};
use zeroize::Zeroizing;

use super::{hub::nanoseconds, socket};

/// What a node is made of.
pub(crate) struct Settings {
    pub(super) bind: SocketAddr,
    /// The epoch by the clock is in it; what was kept may be later.
    pub(super) machine: Machine,
    /// Directory for what is kept between runs.
    pub(super) state: Option<PathBuf>,
    /// Path of the control socket.
    pub(super) control: Option<PathBuf>,
    pub(super) queue: u64,
    /// Where this node stands, and how others do.
    pub(super) geometry: (Option<SubnetId>, SubnetPolicy),
}

impl Settings {
    /// Checks what a caller asks for.
    pub(crate) fn of(config: &MeshNodeConfig) -> Result<Self, Error> {
        config.check()?;
        let seed = match &config.identity_seed {
            Some(seed) => Seed::try_from(seed.as_ref())?,
            None => fresh_seed()?,
        };
        let session = Config {
            connect_timeout: config.connect_timeout,
            heartbeat: config.heartbeat_interval,
            session_timeout: config.session_timeout,
            max_datagram: config.max_datagram,
            max_segments: socket::SEGMENTS,
            ..Config::new(&seed, psks(config)?)
        };
        let router = net_router::Config { relay: config.relay, ..net_router::Config::default() };
        // Each run is an epoch of its own; others tell a clock that was set back of a later one.
        let epoch = nanoseconds(SystemTime::now()) / 1_000_000;
        let directory = net_channel::Config::default();
        let machine = Machine { seed, session, router, directory, epoch, wall_ms: epoch };
        let state = config.state_dir.as_ref().map(PathBuf::from);
        let control = config.control_socket.as_ref().map(PathBuf::from);
        let geometry = geometry(config)?;
        Ok(Self {
            bind: bind_address(&config.bind_addr)?,
            machine,
            state,
            control,
            queue: config.queue,
            geometry,
        })
    }
}

impl Settings {
    /// The same node with another static key than its identity's.
    pub(crate) fn with_static_key(mut self, key: StaticKey) -> Self {
        self.machine.session.static_key = Arc::new(key);
        self
    }

    /// The key by which the node will be dialled.
    pub(crate) fn public_key(&self) -> PublicKey {
        self.machine.session.static_key.public()
    }
}

fn geometry(config: &MeshNodeConfig) -> Result<(Option<SubnetId>, SubnetPolicy), Error> {
    let subnet = config.subnet.as_ref().map(published::subnet_of).transpose()?.flatten();
    let policy = config.subnet_policy.as_ref().map(published::policy_of).transpose()?;
    Ok((subnet, policy.unwrap_or_default()))
}

fn psks(config: &MeshNodeConfig) -> Result<Vec<Psk>, Error> {
    if config.accepted_psks.len() > 3 {
        return Err(argument("accepted_psks", "are more than 3"));
    }
    let first = psk("psk", &config.psk)?;
    if first.is_patterned() {
        tracing::warn!("the pre-shared key looks written, not drawn: whoever guesses it is a member");
    }
    let others = config.accepted_psks.iter().map(|text| psk("accepted_psks", text));
    std::iter::once(Ok(first)).chain(others).collect()
}

/// Reads a key; an error says nothing of the text, which may be a key with a slip.
fn psk(name: &str, text: &str) -> Result<Psk, Error> {
    let bytes = secret_bytes(text).ok_or_else(|| argument(name, "a pre-shared key is 64 hex digits"))?;
    Ok(Psk::new(&bytes))
}

/// The 32 bytes of a secret in hex digits.
pub(crate) fn secret_bytes(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        *byte = value(digits[0]) << 4 | value(digits[1]);
    }
    Some(bytes)
}

/// The first address of a name.
fn bind_address(text: &str) -> Result<SocketAddr, Error> {
    let unknown =
        |reason: String| argument("bind_addr", &format!("{text:?} is no address and port: {reason}"));
    let mut addresses = text.to_socket_addrs().map_err(|error| unknown(error.to_string()))?;
    addresses.next().ok_or_else(|| unknown("the name has no address".to_owned()))
}

fn fresh_seed() -> Result<Seed, Error> {
    let mut seed = Zeroizing::new([0; Seed::SIZE]);
    let broken = |error| BaseError::Internal { detail: format!("the system's random generator: {error}") };
    getrandom::fill(seed.as_mut_slice()).map_err(broken)?;
    Ok(Seed::new(seed))
}

/// An argument that cannot be.
pub(super) fn argument(name: &str, reason: &str) -> Error {
    BaseError::Argument { argument: name.to_owned(), reason: reason.to_owned() }.into()
}

/// Why an address could not be bound.
pub(super) fn not_bound(address: SocketAddr, error: &std::io::Error) -> Error {
    let address = address.to_string();
    if error.kind() == std::io::ErrorKind::AddrInUse {
        return MeshError::AddressInUse { address }.into();
    }
    MeshError::CannotBind { address, reason: error.to_string() }.into()
}
