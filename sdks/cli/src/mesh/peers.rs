//! `net mesh peers`.

use std::io::{self, Write};

use net_inspect::Peer;

use crate::{table::Table, text};

pub(super) fn write(out: &mut impl Write, peers: &[Peer]) -> io::Result<()> {
    if peers.is_empty() {
        return writeln!(out, "The node has no session.");
    }
    let mut table = Table::new([
        "NODE",
        "ADDRESS",
        ">RTT",
        ">SENT",
        ">RECEIVED",
        ">MESSAGES OUT",
        ">MESSAGES IN",
        ">LOST",
        "NOTE",
    ]);
    for peer in peers {
        table.add([
            peer.node_id.clone(),
            peer.address.clone(),
            round_trip(peer.rtt_us),
            text::size(peer.bytes_sent),
            text::size(peer.bytes_received),
            peer.messages_sent.to_string(),
            peer.messages_received.to_string(),
            peer.packets_lost.to_string(),
            if peer.silent { "silent".to_owned() } else { String::new() },
        ]);
    }
    table.write(out)
}

fn round_trip(micros: u64) -> String {
    match micros {
        0 => "-".to_owned(),
        1..10_000 => format!("{:.2} ms", micros as f64 / 1e3),
        _ => format!("{:.0} ms", micros as f64 / 1e3),
    }
}
