//! The messages of a handshake as bytes.

use crate::{
    config::Config,
    session::{ACK_DELAY_MS, Peer, Terms},
    stream::Allowance,
};
use net_crypto::{
    EntityId,
    mesh::{Certificate, Cipher, INIT_NOISE, Mac, PAYLOAD, Psk, PublicKey, RESP_NOISE, keyed_mac},
};
use net_types::{
    mesh::RejectCode,
    wire::mesh::{CookiePacket, HandshakePayload, RejectPacket, UnknownPacket},
};
use std::time::Duration;

/// Where the MACs of the first message stand.
pub(super) const MAC_KEY: usize = 248;
pub(super) const MAC_PSK: usize = 264;
pub(super) const MAC_COOKIE: usize = 280;

/// What stands in front of the first message.
pub(super) fn init_head(version: u8, index: u32) -> [u8; 8] {
    head(1, version, index)
}

/// What both sides know before the first message.
pub(super) fn prologue(head: &[u8]) -> [u8; 19] {
    let mut prologue = *b"net-mesh-v1\0\0\0\0\0\0\0\0";
    prologue[11..].copy_from_slice(&head[..8]);
    prologue
}

pub(super) fn init(head: &[u8; 8], noise: &[u8; INIT_NOISE], peer: PublicKey, psk: &Psk) -> [u8; 296] {
    let mut packet = [0; 296];
    packet[..8].copy_from_slice(head);
    packet[8..MAC_KEY].copy_from_slice(noise);
    let mac_key = keyed_mac(&peer.mac_key(), &[&packet[..MAC_KEY]]);
    packet[MAC_KEY..MAC_PSK].copy_from_slice(&mac_key);
    let mac_psk = psk.mac(&[&packet[..MAC_PSK]]);
    packet[MAC_PSK..MAC_COOKIE].copy_from_slice(&mac_psk);
    packet
}

/// The three MACs of a first message.
pub(super) fn macs(packet: &[u8; 296]) -> (Mac, Mac, Mac) {
    let mac = |at: usize| std::array::from_fn(|byte| packet[at + byte]);
    (mac(MAC_KEY), mac(MAC_PSK), mac(MAC_COOKIE))
}

pub(super) fn add_cookie(packet: &mut [u8; 296], cookie: &Mac) {
    let mac = keyed_mac(cookie, &[&packet[..MAC_COOKIE]]);
    packet[MAC_COOKIE..].copy_from_slice(&mac);
}

pub(super) fn resp(version: u8, index: u32, noise: &[u8; RESP_NOISE]) -> [u8; 200] {
    let mut packet = [0; 200];
    packet[..8].copy_from_slice(&head(2, version, index));
    packet[8..].copy_from_slice(noise);
    packet
}

/// What a side tells of itself. `chosen` is in an answer only.
pub(super) fn payload(
    config: &Config,
    certificate: &Certificate,
    (own_half, peer_half): (u64, u64),
    index: u32,
    chosen: Option<Cipher>,
) -> Option<[u8; PAYLOAD]> {
    let payload = HandshakePayload {
        entity_id: *config.identity.entity_id().as_bytes(),
        certificate: *certificate.as_bytes(),
        own_half,
        peer_half,
        features: config.features,
        ciphers: config.ciphers,
        chosen: chosen.map_or(0, |cipher| cipher as u8),
        max_datagram: config.max_datagram,
        index,
        max_data: config.max_data,
        stream_window: config.stream_window,
        max_streams: config.max_streams,
        ack_delay: ACK_DELAY_MS,
        highest_version: config.version,
        padding: 0,
    };
    payload.encode().ok()?.try_into().ok()
}

/// Who a payload says to be from; the static key is the handshake's.
pub(super) fn peer(payload: &HandshakePayload, key: PublicKey) -> Peer {
    let entity = EntityId::new(payload.entity_id);
    Peer { entity, node: entity.node_id(), key }
}

/// Whether both sides speak no higher version than the one that a handshake has: else somebody has talked them down.
pub(super) fn is_highest(config: &Config, payload: &HandshakePayload, version: u8) -> bool {
    config.version.min(payload.highest_version) == version
}

pub(super) fn terms(config: &Config, payload: &HandshakePayload, own_half: u64) -> Terms {
    Terms {
        features: config.features & payload.features,
        own_half,
        peer_half: payload.own_half,
        allowance: Allowance {
            max_data: payload.max_data.into(),
            stream_window: payload.stream_window.into(),
            max_streams: payload.max_streams.into(),
        },
        max_datagram: usize::from(payload.max_datagram).max(crate::config::limits::BASE_DATAGRAM),
        ack_delay: Duration::from_millis(payload.ack_delay.into()),
    }
}

pub(super) fn reject(version: u8, index: u32, reason: RejectCode, mac: impl Fn(&[u8]) -> Mac) -> Vec<u8> {
    let reject = RejectPacket {
        protocol: version,
        reserved: 0,
        receiver_index: index,
        reason: reason.tag(),
        highest_version: version.into(),
        padding: 0,
        mac: [0; 16],
    };
    let mut packet = reject.encode().unwrap_or_default();
    let mac = mac(&packet[..16]);
    packet[16..].copy_from_slice(&mac);
    packet
}

pub(super) fn cookie(version: u8, index: u32, cookie: Mac, psk: &Psk, mac_psk: &Mac) -> Vec<u8> {
    let mac = psk.mac(&[&cookie, mac_psk]);
    let packet = CookiePacket { protocol: version, reserved: 0, receiver_index: index, cookie, mac };
    packet.encode().unwrap_or_default()
}

pub(super) fn unknown(index: u32, packet_number: u64) -> Vec<u8> {
    let packet = UnknownPacket { reserved: 0, reserved_two: 0, index, packet_number, padding: 0 };
    packet.encode().unwrap_or_default()
}

fn head(kind: u8, version: u8, index: u32) -> [u8; 8] {
    let index = index.to_le_bytes();
    [kind, version, 0, 0, index[0], index[1], index[2], index[3]]
}
