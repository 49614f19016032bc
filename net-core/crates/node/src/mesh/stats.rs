//! Counters, and their Prometheus text.

use std::{collections::BTreeMap, fmt::Write as _, time::SystemTime};

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
    let (queued, queued_bytes) = hub.queue.size();
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

/// Name, kind, help and value of a number of a node.
type Metric<T> = (&'static str, &'static str, &'static str, fn(&T) -> u64);

const OF_NODE: [Metric<MeshStats>; 10] = [
    ("sessions", "gauge", "Peers that the node has a session with.", |s| s.sessions),
    ("half_open", "gauge", "Handshakes that are not confirmed.", |s| s.half_open),
    ("handshakes_answered_total", "counter", "Handshakes that were answered.", |s| s.answered),
    ("handshakes_rejected_total", "counter", "Handshakes that were refused with a reason.", |s| s.rejected),
    ("cookies_total", "counter", "Handshakes that were asked for a cookie.", |s| s.cookies),
    ("queued_messages", "gauge", "Messages that wait to be read.", |s| s.queued),
    ("queued_bytes", "gauge", "Bytes of the messages that wait to be read.", |s| s.queued_bytes),
    ("relayed_total", "counter", "Packets between other nodes that were passed on.", |s| s.relayed),
    ("reroutes_total", "counter", "Times that a node got another next hop, or none.", |s| s.reroutes),
    ("unrouted_total", "counter", "Own packets dropped since no relay led to their node.", |s| s.unrouted),
];

const OF_PEER: [Metric<PeerStats>; 11] = [
    ("peer_packets_sent_total", "counter", "Packets that went to the peer.", |s| s.packets_sent),
    ("peer_packets_received_total", "counter", "Packets of the peer that opened.", |s| s.packets_received),
    ("peer_packets_lost_total", "counter", "Packets that were declared lost.", |s| s.packets_lost),
    ("peer_sent_bytes_total", "counter", "Bytes of the packets that went to the peer.", |s| s.bytes_sent),
    ("peer_received_bytes_total", "counter", "Bytes of the packets that opened.", |s| s.bytes_received),
    ("peer_messages_sent_total", "counter", "Messages that were taken for sending.", |s| s.messages_sent),
    ("peer_messages_received_total", "counter", "Messages that were read.", |s| s.messages_received),
    ("peer_messages_lost_total", "counter", "Fire-and-forget messages lost on the way.", |s| s.messages_lost),
    ("peer_messages_dropped_total", "counter", "Messages dropped unread.", |s| s.messages_dropped),
    ("peer_congestion_window_bytes", "gauge", "Bytes that may be on their way.", |s| s.congestion_window),
    ("peer_mtu_bytes", "gauge", "Longest datagram that is known to pass.", |s| s.mtu),
];

/// The counters in the text format 0.0.4 of Prometheus.
pub(super) fn prometheus(stats: &MeshStats) -> String {
    let mut text = String::new();
    for (name, kind, help, value) in OF_NODE {
        head(&mut text, name, kind, help);
        line(&mut text, name, "", value(stats));
    }
    head(&mut text, "dropped_total", "counter", "Datagrams that were dropped, by reason.");
    for (reason, count) in &stats.drops {
        line(&mut text, "dropped_total", &format!("{{reason=\"{reason}\"}}"), *count);
    }
    head(
        &mut text,
        "route_dropped_total",
        "counter",
        "Announcements and packets of others dropped, by reason.",
    );
    for (reason, count) in &stats.route_drops {
        line(&mut text, "route_dropped_total", &format!("{{reason=\"{reason}\"}}"), *count);
    }
    for (name, kind, help, value) in OF_PEER {
        head(&mut text, name, kind, help);
        for peer in &stats.peers {
            line(&mut text, name, &format!("{{peer=\"{:016x}\"}}", peer.node_id.0), value(peer));
        }
    }
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "# HELP net_mesh_{name} {help}\n# TYPE net_mesh_{name} {kind}");
}

fn line(text: &mut String, name: &str, labels: &str, value: u64) {
    let _ = writeln!(text, "net_mesh_{name}{labels} {value}");
}
