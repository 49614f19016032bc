//! Servers of their own for tests: on a free port of this machine, with their files in a folder that goes with them.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, fs, process, thread, time::Duration};

/// A process that listens.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    command: Command,
    running: Option<Child>,
}

impl Server {
    /// A Redis server that keeps nothing on disk.
    pub(crate) fn redis(more: &[&str]) -> Self {
        let port = free_port();
        let number = port.to_string();
        let args = ["--bind", "127.0.0.1", "--port", &number, "--save", "", "--appendonly", "no"];
        Self::start_new("redis-server", port, &[&args, more].concat())
    }

    fn start_new(program: &str, port: u16, args: &[&str]) -> Self {
        let folder = env::temp_dir().join(format!("net-server-{}-{port}", process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let mut command = Command::new(program);
        command.args(args).current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { port, folder, command, running: None };
        server.start();
        server
    }

    /// Starts the process, and waits until it listens.
    pub(crate) fn start(&mut self) {
        let program = self.command.get_program().display().to_string();
        let mut child = self.command.spawn().unwrap_or_else(|error| {
            panic!("{program} does not work here ({error}); install it: apt-get install {program}")
        });
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            let ended = child.try_wait().expect("a state");
            assert!(ended.is_none(), "{program} ended with {ended:?}");
            thread::sleep(Duration::from_millis(1));
        }
        self.running = Some(child);
    }

    /// Ends the process at once.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.running.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}
