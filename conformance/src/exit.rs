//! Waiting for the end of a process without asking again and again.

use std::convert::Infallible;
use std::sync::mpsc::{self, Receiver};
use std::thread;

use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::Pid;

/// A channel that is closed when a child has ended. The child is not reaped, so that its number stays its own.
pub fn exit_of(child: u32) -> Receiver<Infallible> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let pid = Pid::from_raw(child.cast_signed());
        // An error means that it is reaped already.
        let _ = waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT);
        drop(sender);
    });
    receiver
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::sync::mpsc::RecvTimeoutError;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_channel_is_closed_at_the_end_and_not_before() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let exit = exit_of(child.id());
        assert_eq!(exit.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
        drop(child.stdin.take());
        assert!(exit.recv().is_err());
        assert!(child.wait().unwrap().success());
        assert!(exit_of(child.id()).recv().is_err(), "it is reaped");
    }
}
