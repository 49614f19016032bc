//! A wire that is cut where a test says.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Stands between the clients of a server on this machine and that; it ends with the process.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients connect, on 127.0.0.1.
    pub port: u16,
    cut: Planned,
}

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What clients say.
    ToServer,
    /// What the server answers.
    ToClient,
}

/// The cut that is to come: which way, and behind how many bytes.
type Planned = Arc<Mutex<Option<(Way, usize)>>>;

impl Proxy {
    /// Passes on what goes to a port of this machine.
    pub fn new(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (port, cut) = (listener.local_addr()?.port(), Planned::default());
        let planned = Arc::clone(&cut);
        thread::spawn(move || {
            for client in listener.incoming() {
                // A client that cannot be served sees its connection end.
                let _ = client.and_then(|client| connect(client, server, &planned));
            }
        });
        Ok(Self { port, cut })
    }

    /// Lets so many bytes more go one way, over all connections, and then ends the connection of the next one, which is lost.
    pub fn cut(&self, way: Way, after: usize) {
        *lock(&self.cut) = Some((way, after));
    }

    /// Whether the cut is yet to come.
    pub fn is_to_cut(&self) -> bool {
        lock(&self.cut).is_some()
    }
}

fn connect(client: TcpStream, server: u16, planned: &Planned) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    let ways = [(Way::ToServer, client.try_clone()?, server.try_clone()?), (Way::ToClient, server, client)];
    for (way, from, to) in ways {
        let planned = Arc::clone(planned);
        thread::spawn(move || {
            // However it ends, both ends see that.
            let _ = pass(way, &from, &to, &planned);
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

/// Passes bytes on until one end is gone or the cut is reached.
fn pass(way: Way, mut from: &TcpStream, mut to: &TcpStream, planned: &Planned) -> io::Result<()> {
    let mut buffer = [0; 1 << 14];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let allowed = allowed(&mut lock(planned), way, count);
        to.write_all(&buffer[..allowed])?;
        if allowed < count {
            return Ok(());
        }
    }
}

/// How many of so many bytes go on; the cut is over once it stops one.
fn allowed(planned: &mut Option<(Way, usize)>, way: Way, count: usize) -> usize {
    match planned {
        Some((cut, left)) if *cut == way && *left < count => {
            let allowed = *left;
            *planned = None;
            allowed
        }
        Some((cut, left)) if *cut == way => {
            *left -= count;
            count
        }
        _ => count,
    }
}

fn lock(planned: &Planned) -> MutexGuard<'_, Option<(Way, usize)>> {
    planned.lock().unwrap_or_else(PoisonError::into_inner)
}
