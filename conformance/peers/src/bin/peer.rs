//! One end of the system that is named.

#![forbid(unsafe_code)]

use anyhow::{Result, bail};
use net_peers::{mesh::MeshPeer, nats::NatsPeer, quinn::QuinnPeer, run, udp::UdpPeer};

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("mesh") => run::<MeshPeer>("mesh", None),
        Some("quinn") => run::<QuinnPeer>("quinn", None),
        Some("nats") => run::<NatsPeer>("nats", None),
        Some("udp") => run::<UdpPeer>("udp", None),
        _ => bail!("usage: peer mesh | quinn | nats | udp"),
    }
}
