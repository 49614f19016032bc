//! The network between two nodes, in the hands of somebody else.

use std::{
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

/// Passes datagrams on between a dialling node and another, until it is cut, and remembers them.
pub(crate) struct Wire {
    pub(crate) address: SocketAddr,
    is_cut: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Wire {
    /// A wire to a node.
    pub(crate) fn to(far: SocketAddr) -> Self {
        Self::multiplying(far, 1)
    }

    /// A wire from which each datagram comes so many times.
    pub(crate) fn multiplying(far: SocketAddr, copies: usize) -> Self {
        let near = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let address = near.local_addr().expect("an address");
        let (is_cut, seen) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<Vec<u8>>>>::default());
        let (cut, record) = (Arc::clone(&is_cut), Arc::clone(&seen));
        thread::spawn(move || {
            let (mut buffer, mut dialler) = ([0; 65_536], None);
            near.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
            while !cut.load(SeqCst) {
                let Ok((len, from)) = near.recv_from(&mut buffer) else { continue };
                let to = if from == far { dialler } else { Some(far) };
                dialler = if from == far { dialler } else { Some(from) };
                record.lock().expect("a record").push(buffer[..len].to_vec());
                for to in std::iter::repeat_n(to, copies).flatten() {
                    near.send_to(&buffer[..len], to).expect("sent");
                }
            }
        });
        Self { address, is_cut, seen }
    }

    /// Lets nothing through any more.
    pub(crate) fn cut(&self) {
        self.is_cut.store(true, SeqCst);
    }

    /// All datagrams so far, in both directions.
    pub(crate) fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().expect("a record").clone()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.cut();
    }
}
