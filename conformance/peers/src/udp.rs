//! Bare UDP by blocking calls: what a ping costs below everything else.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::{MESSAGE, Peer, Spread};

/// A socket, at the dialling end a connected one.
#[derive(Debug)]
pub struct UdpPeer(UdpSocket);

impl Peer for UdpPeer {
    async fn listen(_: Vec<String>) -> Result<(Self, Vec<String>)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (words, answering) = (vec![socket.local_addr()?.to_string()], socket.try_clone()?);
        // It ends with the process.
        std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            while let Ok((length, from)) = answering.recv_from(&mut buffer) {
                if answering.send_to(&buffer[..length], from).is_err() {
                    return;
                }
            }
        });
        Ok((Self(socket), words))
    }

    async fn dial(words: Vec<String>) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(words.first().context("want an address")?)?;
        Ok(Self(socket))
    }

    async fn pings(&self, count: u64) -> Result<Spread> {
        let (message, mut answer) = ([7; MESSAGE], [0; 2_048]);
        let mut spread = Spread::new(count);
        for _ in 0..count {
            let start = Instant::now();
            self.0.send(&message)?;
            let length = self.0.recv(&mut answer)?;
            spread.add(start.elapsed());
            ensure!(answer[..length] == message, "another answer");
        }
        Ok(spread)
    }
}
