//! A file descriptor that is readable while a flag is up: the code of this crate that depends on the platform.

use std::ffi::c_int;
use std::io;

pub(crate) use platform::Signal;

#[cfg(unix)]
mod platform {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

    use super::{c_int, io};

    /// The flag.
    #[derive(Debug)]
    pub(crate) struct Signal {
        read: OwnedFd,
        /// The other end of a pipe; an eventfd is its own.
        write: Option<OwnedFd>,
    }

    impl Signal {
        /// An eventfd, or a pipe where the system gives none.
        pub(crate) fn new() -> io::Result<Self> {
            eventfd().or_else(|_| pipe())
        }

        pub(crate) fn fd(&self) -> c_int {
            self.read.as_raw_fd()
        }

        /// Makes the descriptor readable. A full pipe is.
        pub(crate) fn raise(&self) {
            let one = 1_u64.to_ne_bytes();
            let fd = self.write.as_ref().unwrap_or(&self.read).as_raw_fd();
            // SAFETY: the bytes are readable.
            unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) };
        }

        /// Makes it unreadable.
        pub(crate) fn clear(&self) {
            let mut room = [0_u8; 64];
            loop {
                // SAFETY: the room is writable.
                let count = unsafe { libc::read(self.fd(), room.as_mut_ptr().cast(), room.len()) };
                if usize::try_from(count) != Ok(room.len()) {
                    return;
                }
            }
        }
    }

    #[cfg(target_os = "linux")]
    fn eventfd() -> io::Result<Signal> {
        // SAFETY: the call takes no pointers, and its result is checked before it is owned.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor is new and nobody else's.
        Ok(Signal { read: unsafe { OwnedFd::from_raw_fd(fd) }, write: None })
    }

    #[cfg(not(target_os = "linux"))]
    fn eventfd() -> io::Result<Signal> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn pipe() -> io::Result<Signal> {
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
        Ok(Signal { read, write: Some(write) })
    }
}

/// Without descriptors there is nothing to poll; waiting works all the same.
#[cfg(not(unix))]
mod platform {
    use super::{c_int, io};

    /// The flag, which nobody can see.
    #[derive(Debug)]
    pub(crate) struct Signal;

    impl Signal {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self)
        }

        pub(crate) fn fd(&self) -> c_int {
            -1
        }

        pub(crate) fn raise(&self) {}

        pub(crate) fn clear(&self) {}
    }
}
