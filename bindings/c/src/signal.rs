//! A file descriptor that is readable while a flag is up: the code of this crate that depends on the platform.

use std::ffi::c_int;
use std::io;

use platform::Descriptor;

/// The flag. Without a descriptor nobody can poll it; those who wait for the queue itself are woken all the same.
#[derive(Debug)]
pub(crate) struct Signal(Option<Descriptor>);

impl Signal {
    /// A flag with the best descriptor that the system has.
    pub(crate) fn new() -> io::Result<Self> {
        match wanted().as_deref() {
            Some("none") => Ok(Self(None)),
            Some("pipe") => platform::pipe().map(Self),
            _ => platform::eventfd().or_else(|_| platform::pipe()).map(Self),
        }
    }

    /// The descriptor, or -1.
    pub(crate) fn fd(&self) -> c_int {
        self.0.as_ref().map_or(-1, platform::fd)
    }

    /// Makes the descriptor readable.
    pub(crate) fn raise(&self) {
        if let Some(descriptor) = &self.0 {
            platform::raise(descriptor);
        }
    }

    /// Makes it unreadable.
    pub(crate) fn clear(&self) {
        if let Some(descriptor) = &self.0 {
            platform::clear(descriptor);
        }
    }
}

/// The kind of descriptor that a test asks for, so that one system has the ways of all: `pipe` or `none`.
fn wanted() -> Option<String> {
    if cfg!(feature = "conformance") { std::env::var("NET_TEST_DESCRIPTOR").ok() } else { None }
}

#[cfg(unix)]
mod platform {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    use super::{c_int, io};

    /// An eventfd or a pipe.
    #[derive(Debug)]
    pub(crate) struct Descriptor {
        read: OwnedFd,
        /// The other end of a pipe; an eventfd is its own.
        write: Option<OwnedFd>,
    }

    pub(super) fn fd(signal: &Descriptor) -> c_int {
        signal.read.as_raw_fd()
    }

    /// A full pipe is readable.
    pub(super) fn raise(signal: &Descriptor) {
        let one = 1_u64.to_ne_bytes();
        let fd = signal.write.as_ref().unwrap_or(&signal.read).as_raw_fd();
        // SAFETY: the bytes are readable.
        unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) };
    }

    pub(super) fn clear(signal: &Descriptor) {
        let mut room = [0_u8; 64];
        loop {
            // SAFETY: the room is writable.
            let count = unsafe { libc::read(fd(signal), room.as_mut_ptr().cast(), room.len()) };
            if usize::try_from(count) != Ok(room.len()) {
                return;
            }
        }
    }

    #[cfg(target_os = "linux")]
    pub(super) fn eventfd() -> io::Result<Option<Descriptor>> {
        // SAFETY: the call takes no pointers, and its result is checked before it is owned.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        Ok(Some(Descriptor { read: unsafe { OwnedFd::from_raw_fd(fd) }, write: None }))
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn eventfd() -> io::Result<Option<Descriptor>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(super) fn pipe() -> io::Result<Option<Descriptor>> {
        let mut fds: [c_int; 2] = [-1; 2];
        // SAFETY: there is room for the two descriptors.
        if unsafe { libc::pipe(fds.as_mut_ptr()) } < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptors are new and nobody else's.
        let [read, write] = fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) });
        for fd in [&read, &write] {
            // SAFETY: the calls take no pointers.
            unsafe {
                libc::fcntl(fd.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC);
                libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK);
            }
        }
        Ok(Some(Descriptor { read, write: Some(write) }))
    }
}

#[cfg(not(unix))]
mod platform {
    use super::{c_int, io};

    /// There is none.
    #[derive(Debug)]
    pub(crate) enum Descriptor {}

    pub(super) fn fd(signal: &Descriptor) -> c_int {
        match *signal {}
    }

    pub(super) fn raise(signal: &Descriptor) {
        match *signal {}
    }

    pub(super) fn clear(signal: &Descriptor) {
        match *signal {}
    }

    pub(super) fn eventfd() -> io::Result<Option<Descriptor>> {
        Ok(None)
    }

    pub(super) fn pipe() -> io::Result<Option<Descriptor>> {
        Ok(None)
    }
}
