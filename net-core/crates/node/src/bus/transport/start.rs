//! From a node's settings to the link to its server.

use std::{sync::Arc, time::Duration};

use net_types::{
    BaseError, Error,
    bus::{BusError, JetStreamOptions, MeshTransportOptions, NetNodeConfig, RedisOptions, Transport},
};

use super::{
    super::core::{Bus, in_range},
    Link, mesh,
    nonce::{self, Producer},
};

/// What a node has beside its bus.
#[derive(Debug, Default)]
pub(crate) struct Started {
    /// The way of the events, unless they live in this process.
    pub(crate) link: Option<Link>,
    /// Where events of others come in, if they are not read from a server.
    pub(crate) inbound: Option<Arc<Bus>>,
}

/// Starts what the settings ask for; nothing if events live in this process. `another` makes a second bus.
pub(crate) fn start(
    config: &NetNodeConfig,
    bus: &Arc<Bus>,
    another: impl FnOnce() -> Result<Bus, BusError>,
) -> Result<Started, Error> {
    let of_server = |link| Started { link: Some(link), inbound: None };
    match chosen(config)? {
        Chosen::Memory => Ok(Started::default()),
        Chosen::Redis(options) => redis(config, bus, options).map(of_server),
        Chosen::JetStream(options) => jetstream(config, bus, options).map(of_server),
        Chosen::Mesh(options) => {
            let inbound = Arc::new(another()?);
            let options = mesh::Options::of(&options)?;
            let link = mesh::start(bus, &inbound, producer(config)?, options)?;
            Ok(Started { link: Some(link), inbound: Some(inbound) })
        }
    }
}

enum Chosen {
    Memory,
    Redis(RedisOptions),
    JetStream(JetStreamOptions),
    Mesh(MeshTransportOptions),
}

fn chosen(config: &NetNodeConfig) -> Result<Chosen, BusError> {
    let transport = match config.transport.clone() {
        Transport::Memory => None,
        Transport::Redis {
            url,
            prefix,
            pipeline_size,
            pool_size,
            connect_timeout,
            command_timeout,
            max_stream_len,
        } => Some(Chosen::Redis(RedisOptions {
            url,
            prefix,
            pipeline_size,
            pool_size,
            connect_timeout,
            command_timeout,
            max_stream_len,
        })),
        Transport::Jetstream {
            url,
            prefix,
            connect_timeout,
            request_timeout,
            max_messages,
            max,
            max_age,
            replicas,
        } => Some(Chosen::JetStream(JetStreamOptions {
            url,
            prefix,
            connect_timeout,
            request_timeout,
            max_messages,
            max,
            max_age,
            replicas,
        })),
        Transport::Mesh {
            bind,
            peer,
            psk,
            role,
            peer_public_key,
            secret_key,
            public_key,
            identity_seed,
            reliability,
            heartbeat_interval,
            session_timeout,
            batched_io,
            packet_pool_size,
        } => Some(Chosen::Mesh(MeshTransportOptions {
            bind,
            peer,
            psk,
            role,
            peer_public_key,
            secret_key,
            public_key,
            identity_seed,
            reliability,
            heartbeat_interval,
            session_timeout,
            batched_io,
            packet_pool_size,
        })),
    };
    let all = [
        transport,
        config.redis.clone().map(Chosen::Redis),
        config.jetstream.clone().map(Chosen::JetStream),
        config.mesh.clone().map(Chosen::Mesh),
        config.net.clone().map(|options| Chosen::Mesh(mesh::renamed(options))),
    ];
    let mut given = all.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(_), Some(_)) => Err(invalid("transport", "more than one is given")),
        (one, _) => Ok(one.unwrap_or(Chosen::Memory)),
    }
}

#[cfg(feature = "redis")]
fn redis(config: &NetNodeConfig, bus: &Arc<Bus>, options: RedisOptions) -> Result<Link, Error> {
    use super::redis::Redis;

    in_range(options.check())?;
    bounded(&[
        ("connect_timeout_ms", options.connect_timeout),
        ("command_timeout_ms", options.command_timeout),
    ])?;
    if options.prefix.is_empty() || options.prefix.len() > LONGEST_PREFIX {
        return Err(invalid("prefix", format!("it has from 1 to {LONGEST_PREFIX} bytes")).into());
    }
    let server = Redis::new(options, bus.shards.len())?;
    let limits = server.limits();
    Ok(super::worker::start(bus, producer(config)?, limits, || server)?)
}

#[cfg(not(feature = "redis"))]
fn redis(_: &NetNodeConfig, _: &Arc<Bus>, _: RedisOptions) -> Result<Link, Error> {
    Err(net_types::unsupported("redis"))
}

#[cfg(feature = "jetstream")]
fn jetstream(config: &NetNodeConfig, bus: &Arc<Bus>, options: JetStreamOptions) -> Result<Link, Error> {
    use super::jetstream::JetStream;

    in_range(options.check())?;
    bounded(&[
        ("connect_timeout_ms", options.connect_timeout),
        ("request_timeout_ms", options.request_timeout),
    ])?;
    let is_plain =
        options.prefix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if !is_plain || options.prefix.is_empty() || options.prefix.len() > LONGEST_PREFIX {
        let reason = format!("it has from 1 to {LONGEST_PREFIX} letters, digits, `-` and `_`");
        return Err(invalid("prefix", reason).into());
    }
    let server = JetStream::new(options, bus.shards.len())?;
    let limits = server.limits();
    Ok(super::worker::start(bus, producer(config)?, limits, || server)?)
}

#[cfg(not(feature = "jetstream"))]
fn jetstream(_: &NetNodeConfig, _: &Arc<Bus>, _: JetStreamOptions) -> Result<Link, Error> {
    Err(net_types::unsupported("jetstream"))
}

/// Bytes of a prefix, so that names stay far below what servers take.
const LONGEST_PREFIX: usize = 200;
/// The longest that a request may take, far below what clocks can tell.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(86_400);

fn bounded(timeouts: &[(&str, Duration)]) -> Result<(), BusError> {
    match timeouts.iter().find(|(_, timeout)| *timeout > LONGEST_TIMEOUT) {
        Some((option, _)) => Err(invalid(option, "it is longer than a day")),
        None => Ok(()),
    }
}

fn producer(config: &NetNodeConfig) -> Result<Producer, Error> {
    let fresh = getrandom::u64()
        .map_err(|error| BaseError::Internal { detail: format!("no random numbers: {error}") })?;
    let opened = match &config.producer_nonce_path {
        None => Producer::open(None, fresh),
        Some(path) => {
            nonce::File::open(path.into()).and_then(|file| Producer::open(Some(Box::new(file)), fresh))
        }
    };
    Ok(opened.map_err(|error| invalid("producer_nonce_path", error.to_string()))?)
}

pub(crate) fn invalid(option: &str, reason: impl Into<String>) -> BusError {
    BusError::InvalidConfig { option: option.to_owned(), reason: reason.into() }
}
