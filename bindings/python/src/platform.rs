//! A line with two ends that an event loop can watch: the code of this crate that depends on the platform.

pub(crate) use line::{Line, number, pair};

#[cfg(unix)]
mod line {
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    /// An end.
    pub(crate) type Line = UnixStream;

    /// Both ends.
    pub(crate) fn pair() -> io::Result<(Line, Line)> {
        UnixStream::pair()
    }

    /// The number under which `select` knows an end.
    pub(crate) fn number(line: &Line) -> u64 {
        line.as_raw_fd().unsigned_abs().into()
    }
}

#[cfg(not(unix))]
mod line {
    use std::io;
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::os::windows::io::AsRawSocket;

    /// An end.
    pub(crate) type Line = TcpStream;

    /// Both ends, of a connection of this process with itself.
    pub(crate) fn pair() -> io::Result<(Line, Line)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let near = TcpStream::connect(listener.local_addr()?)?;
        loop {
            // Somebody else may have been quicker.
            let (far, from) = listener.accept()?;
            if from == near.local_addr()? {
                return Ok((near, far));
            }
        }
    }

    /// The number under which `select` knows an end.
    pub(crate) fn number(line: &Line) -> u64 {
        line.as_raw_socket()
    }
}
