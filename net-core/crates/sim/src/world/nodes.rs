//! The places of a world, and the nodes in them.

use crate::{Birth, Host, clock::Clock};
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

/// The nodes of a world.
#[derive(Debug)]
pub struct Nodes<N>(pub(super) Vec<Place<N>>);

pub(super) struct Place<N> {
    pub(super) node: Option<N>,
    pub(super) build: Box<dyn FnMut(Birth) -> N>,
    pub(super) generation: u32,
    pub(super) address: SocketAddr,
    pub(super) clock: Clock,
    /// When it is to be woken, in the time of the world.
    pub(super) wakes: Option<Duration>,
}

impl<N: fmt::Debug> fmt::Debug for Place<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place")
            .field("address", &self.address)
            .field("node", &self.node)
            .finish_non_exhaustive()
    }
}

impl<N> Nodes<N> {
    /// A node, unless it has crashed.
    pub fn get(&self, host: Host) -> Option<&N> {
        self.0.get(host.0)?.node.as_ref()
    }

    /// A node, unless it has crashed.
    pub fn get_mut(&mut self, host: Host) -> Option<&mut N> {
        self.0.get_mut(host.0)?.node.as_mut()
    }

    /// All nodes that have not crashed.
    pub fn iter(&self) -> impl Iterator<Item = (Host, &N)> {
        self.0.iter().enumerate().filter_map(|(at, place)| Some((Host(at), place.node.as_ref()?)))
    }
}

/// The address of a node that is not behind a NAT box, and of the box otherwise.
pub fn public_address(host: Host) -> SocketAddr {
    let [.., high, low] = (host.0 as u32).to_be_bytes();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(172, 16, high, low)), 7_000)
}
