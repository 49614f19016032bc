//! The socket and its clients.

use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::OwnedFd,
        unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    sync::Weak,
    time::Duration,
};

use net_inspect::{MAX_REQUEST, Response};
use net_types::mesh::MeshError;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::mesh::hub::Shared;

/// Clients at once; more wait to be taken.
const CLIENTS: usize = 16;

/// How long a client may take to ask, or to read an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long nobody is taken after that has failed, as it does while there are too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// A control socket, which is removed with it.
#[derive(Debug)]
pub(in crate::mesh) struct ControlSocket {
    path: PathBuf,
    /// Which file it is: what somebody has put in its place is left alone.
    inode: u64,
    task: JoinHandle<()>,
}

impl ControlSocket {
    /// Makes the socket, and answers whoever asks a node there.
    pub(in crate::mesh) fn open(path: &Path, node: Weak<Shared>) -> Result<Self, MeshError> {
        let unusable = |error: io::Error| MeshError::ControlUnusable {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        make_way(path).map_err(unusable)?;
        let listener = bind(path).map_err(unusable)?;
        let of = fs::metadata(path).map_err(unusable)?;
        let task = tokio::spawn(serve(listener, node, of.uid()));
        Ok(Self { path: path.to_owned(), inode: of.ino(), task })
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        self.task.abort();
        if fs::metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            // A file that cannot be removed is that of a process that is gone for the next node.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the socket of a process that is gone; anything else is in the way.
fn make_way(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::other("there is a file that is no socket"));
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A process with many clients that wait may be slow to take another one.
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Err(io::Error::other("a running process listens there")),
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let file = File::from(OwnedFd::from(socket));
    // Where the mode of a socket becomes that of its file, nobody else can connect at any moment.
    #[cfg(target_os = "linux")]
    file.set_permissions(Permissions::from_mode(0o600))?;
    let socket = Socket::from(OwnedFd::from(file));
    socket.bind(&SockAddr::unix(path)?)?;
    fs::set_permissions(path, Permissions::from_mode(0o600))?;
    socket.listen(CLIENTS as i32)?;
    UnixListener::from_std(OwnedFd::from(socket).into())
}

async fn serve(listener: UnixListener, node: Weak<Shared>, owner: u32) {
    let mut clients = JoinSet::new();
    loop {
        while clients.len() >= CLIENTS {
            clients.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(clients.spawn(converse(stream, node.clone(), owner))),
            Err(error) => {
                tracing::debug!(%error, "no client of the control socket was taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
        while clients.try_join_next().is_some() {}
    }
}

/// Answers a client until it has gone, asks for nothing, or breaks the rules.
async fn converse(mut stream: UnixStream, node: Weak<Shared>, owner: u32) {
    let is_owner = stream.peer_cred().is_ok_and(|asks| asks.uid() == owner || asks.uid() == 0);
    let (reading, mut writing) = stream.split();
    if !is_owner {
        return drop(say(&mut writing, &Response::Error("this is another user's node".to_owned())).await);
    }
    let mut reading = BufReader::new(reading);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut bounded = (&mut reading).take(MAX_REQUEST as u64 + 1);
        match timeout(PATIENCE, bounded.read_until(b'\n', &mut line)).await {
            Ok(Ok(count)) if count > 0 => {}
            _ => return,
        }
        let is_whole = line.len() <= MAX_REQUEST;
        let response = match node.upgrade() {
            Some(shared) if is_whole => shared.lock().respond(&line),
            Some(_) => Response::Error(format!("a request has at most {MAX_REQUEST} bytes")),
            None => return,
        };
        if say(&mut writing, &response).await.is_err() || !is_whole {
            return;
        }
    }
}

async fn say(writing: &mut (impl AsyncWriteExt + Unpin), response: &Response) -> io::Result<()> {
    timeout(PATIENCE, writing.write_all(&net_inspect::line(response))).await?
}
