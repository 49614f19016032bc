//! Counters, and their Prometheus text.

use std::{collections::BTreeMap, time::SystemTime};

use net_session::DropReason;
use net_types::{
    identity::NodeId,
    mesh::{MeshStats, PeerStats, StreamStats},
};

use super::hub::{Hub, nanoseconds};

/// The counters of a stream, in both directions.
pub(super) fn of_stream(hub: &Hub, peer: NodeId, id: u64) -> Option<StreamStats> {
    let own = hub.outgoing.get(peer, id);
    let incoming = hub.incoming(peer, id);
    if own.is_none() && incoming.is_none() {
        return None;
    }
    let sent =
        own.and_then(|own| hub.machine.endpoint().stream_stats(own.session, own.stream)).unwrap_or_default();
    let activity =
        own.and_then(|own| own.last_activity).max(incoming.and_then(|incoming| incoming.last_activity));
    Some(StreamStats {
        tx_seq: sent.next_sequence,
        rx_seq: incoming.map_or(0, |incoming| incoming.next),
        inbound_pending: hub.queue.waiting(peer, id),
        last_activity_ns: activity.map_or(0, |at| nanoseconds(SystemTime::now() - at.elapsed())),
        active: own.is_some_and(|own| own.ended.is_none()),
        backpressure_events: sent.refused,
        tx_credit_remaining: sent.window.saturating_sub(sent.outstanding),
        tx_window: sent.window,
        in_flight: sent.outstanding,
        lost: sent.lost,
        dropped: sent.dropped,
    })
}

/// The counters of a node.
pub(super) fn of_node(hub: &Hub) -> MeshStats {
    let stats = hub.machine.endpoint().stats();
    let ((messages, bytes), (events, of_events)) = (hub.queue.size(), hub.hearing.size());
    let (queued, queued_bytes) = (messages + events, bytes + of_events);
    let routed = hub.machine.router().counters();
    MeshStats {
        sessions: stats.sessions,
        half_open: stats.half_open,
        answered: stats.answered,
        rejected: stats.rejected,
        cookies: stats.cookies,
        queued,
        queued_bytes,
        drops: drops(|reason| stats.dropped(reason)),
        relayed: routed.relayed,
        reroutes: routed.reroutes,
        unrouted: hub.machine.unrouted(),
        route_drops: route_drops(routed),
        peers: hub.peers.iter().filter_map(|(node, peer)| of_peer(hub, node, peer.session)).collect(),
    }
}

fn of_peer(hub: &Hub, node_id: NodeId, session: net_session::SessionId) -> Option<PeerStats> {
    let stats = hub.machine.endpoint().session_stats(session)?;
    Some(PeerStats {
        node_id,
        packets_sent: stats.packets_sent,
        packets_received: stats.packets_received,
        packets_lost: stats.packets_lost,
        bytes_sent: stats.bytes_sent,
        bytes_received: stats.bytes_received,
        messages_sent: stats.messages_sent,
        messages_received: stats.messages_received,
        messages_lost: stats.messages_lost,
        messages_dropped: stats.messages_dropped,
        congestion_window: stats.congestion_window,
        mtu: stats.mtu,
        drops: drops(|reason| stats.dropped(reason)),
    })
}

/// How much was dropped, by the names of the reasons.
fn drops(dropped: impl Fn(DropReason) -> u64) -> BTreeMap<String, u64> {
    DropReason::ALL.into_iter().map(|reason| (reason_name(reason).to_owned(), dropped(reason))).collect()
}

const fn reason_name(reason: DropReason) -> &'static str {
    match reason {
        DropReason::Malformed => "malformed",
        DropReason::UnknownIndex => "unknown_index",
        DropReason::Forged => "forged",
        DropReason::Replayed => "replayed",
        DropReason::Stranger => "stranger",
        DropReason::Limited => "limited",
        DropReason::Handshake => "handshake",
        DropReason::ClosedStream => "closed_stream",
        DropReason::Incomplete => "incomplete",
    }
}

/// What the router dropped, by the names of the reasons.
fn route_drops(counters: &net_router::Counters) -> BTreeMap<String, u64> {
    let reasons = net_router::Drop::ALL.into_iter();
    reasons.map(|reason| (reason.name().to_owned(), counters.dropped(reason))).collect()
}
