//! What a server has to offer.

use std::{future::Future, time::Duration};

use net_types::{Error, bus::BusError, mesh::MeshError};

use super::{EventId, outbox::Batch};

/// A server that keeps a stream of events for each shard.
///
/// Every request ends within [`patience`](Limits::patience), and makes a connection if there is none.
pub(crate) trait Server: 'static {
    /// The reading end of a subscription.
    type Follower: Follower;

    /// Makes sure that the server is there and accepts us.
    fn connect(&self) -> impl Future<Output = Result<Terms, Fault>>;
    /// Appends a batch to the stream of its shard: all of it or nothing, unless told again by its ids.
    fn append(&self, batch: &Batch) -> impl Future<Output = Result<(), Fault>>;
    /// Reads on in some shards; an answer for each. Fewer events than asked for are the last there are.
    fn fetch(&self, wants: &[Want]) -> impl Future<Output = Result<Vec<Vec<Found>>, Fault>>;
    /// The newest event of each shard.
    fn newest(&self) -> impl Future<Output = Result<Vec<Option<EventId>>, Fault>>;
    /// Follows all shards from these places on.
    fn follow(&self, places: &[Option<EventId>]) -> impl Future<Output = Result<Self::Follower, Fault>>;
}

/// Reads what comes into the shards.
pub(crate) trait Follower {
    /// Waits a while for events behind these places, which are behind what it gave last, and gives those of each shard that has some; maybe none at all.
    fn next(
        &mut self,
        places: &[Option<EventId>],
    ) -> impl Future<Output = Result<Vec<(usize, Vec<Found>)>, Fault>>;
}

/// What a server says about itself once it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terms {
    /// Longest event that it takes.
    pub(crate) longest_event: u64,
}

/// What is asked of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Want {
    pub(crate) shard: usize,
    /// The last event read.
    pub(crate) behind: Option<EventId>,
    /// Most events in the answer.
    pub(crate) count: usize,
}

/// An entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: EventId,
    /// `None` if somebody else has written something else.
    pub(crate) content: Option<Content>,
}

/// An event as a server keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) event: String,
    /// When it was inserted, in nanoseconds since the Unix epoch.
    pub(crate) time: u64,
}

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// What the mesh says, if it is its.
    pub(crate) mesh: Option<MeshError>,
    /// Whether the server was there and said no.
    pub(crate) refused: bool,
    pub(crate) reason: String,
}

/// How much is asked of a server at once, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// What the server is called in errors: kind and address, nothing secret.
    pub(crate) name: String,
    /// Whether its ids are pairs of numbers.
    pub(crate) has_pairs: bool,
    /// Most events in a batch.
    pub(crate) batch: usize,
    /// Longest time that a request takes, connecting included.
    pub(crate) patience: Duration,
}

impl Fault {
    /// The server cannot be reached, or does not answer.
    pub(crate) fn unreachable(reason: impl ToString) -> Self {
        Self { mesh: None, refused: false, reason: reason.to_string() }
    }

    /// The server said no.
    pub(crate) fn refused(reason: impl ToString) -> Self {
        Self { mesh: None, refused: true, reason: reason.to_string() }
    }

    /// No session with the peer. One that answers and refuses does so again.
    pub(crate) fn of_mesh(error: MeshError) -> Self {
        let refused = !matches!(
            error,
            MeshError::NoAnswer
                | MeshError::PeerGone
                | MeshError::ShuttingDown
                | MeshError::Closed { .. }
                | MeshError::ShutDown
        );
        Self { reason: error.to_string(), refused, mesh: Some(error) }
    }

    /// As a node tells it.
    pub(crate) fn told(self, limits: &Limits) -> Error {
        match self.mesh {
            Some(error) => error.into(),
            None => self.error(limits).into(),
        }
    }

    /// As the bus tells it.
    pub(crate) fn error(self, limits: &Limits) -> BusError {
        let (server, reason) = (limits.name.clone(), self.reason);
        if self.refused {
            BusError::TransportRefused { server, reason }
        } else {
            BusError::Transport { server, reason }
        }
    }
}
