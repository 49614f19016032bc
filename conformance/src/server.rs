//! Servers of their own for tests: on a free port of this machine, with their files in a folder that goes with them.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use std::{env, fmt, fs, io, process, thread};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// No such program is installed.
#[derive(Debug)]
pub(crate) struct NotInstalled(String);

impl fmt::Display for NotInstalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no {0}; install it: apt-get install {0}", self.0)
    }
}

impl std::error::Error for NotInstalled {}

/// A process that listens, and ends with this value.
#[derive(Debug)]
pub struct Server {
    /// Where it answers, on 127.0.0.1.
    pub port: u16,
    /// Where its files are.
    pub folder: PathBuf,
    command: Command,
    running: Option<Child>,
}

impl Server {
    /// Starts a Redis server that keeps nothing on disk, unless further arguments say so.
    pub fn redis(more: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let number = port.to_string();
        let args = ["--bind", "127.0.0.1", "--port", &number, "--save", "", "--appendonly", "no"];
        Self::new("redis-server", port, &[&args, more].concat())
    }

    /// Starts a NATS server with JetStream that keeps its streams in its folder.
    pub fn nats(more: &[&str]) -> Result<Self> {
        let port = free_port()?;
        let number = port.to_string();
        let args = ["-a", "127.0.0.1", "-p", &number, "-js", "-sd", "."];
        Self::new("nats-server", port, &[&args, more].concat())
    }

    fn new(program: &str, port: u16, args: &[&str]) -> Result<Self> {
        let folder = env::temp_dir().join(format!("net-server-{}-{port}", process::id()));
        fs::create_dir_all(&folder)?;
        let mut command = Command::new(program);
        command.args(args).current_dir(&folder).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self { port, folder, command, running: None };
        server.start()?;
        Ok(server)
    }

    /// Starts the process, and waits until it answers.
    pub fn start(&mut self) -> Result<()> {
        let program = self.command.get_program().display().to_string();
        let started = match self.command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(NotInstalled(program)),
            started => started.with_context(|| format!("{program} does not start"))?,
        };
        let child = self.running.insert(started);
        while !answers(self.port) {
            if let Some(status) = child.try_wait()? {
                bail!("{program} ended with {status}");
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The id of the process, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref().map(Child::id)
    }

    /// Ends the process at once.
    pub fn kill(&mut self) {
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
        // What is left lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

/// Whether a server answers on a port, as both kinds do to this text.
///
/// That something listens says less: a process that another thread starts shares the listener of [`free_port`] until it
/// runs its own program.
fn answers(port: u16) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_millis(100)))?;
        stream.write_all(b"PING\r\n")?;
        stream.read_exact(&mut [0])
    };
    ask().is_ok()
}

/// The servers that cases name, one of each for all testees of a run, started when the first case names it.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    redis: Mutex<Option<Server>>,
    nats: Mutex<Option<Server>>,
}

impl Servers {
    /// The arguments with `$redis` and `$nats` in texts replaced by the address of that server, `$folder` by that of the case, and
    /// `$copy(logs/a)` by a copy of that folder of the fixtures.
    pub(crate) fn fill(&self, args: &Map<String, Value>, folder: &Folder<'_>) -> Result<Map<String, Value>> {
        args.iter().map(|(name, value)| Ok((name.clone(), self.value(value, folder)?))).collect()
    }

    fn value(&self, value: &Value, folder: &Folder<'_>) -> Result<Value> {
        Ok(match value {
            Value::String(text) => Value::String(self.text(text, folder)?),
            Value::Array(items) => {
                items.iter().map(|item| self.value(item, folder)).collect::<Result<_>>()?
            }
            Value::Object(members) => Value::Object(self.fill(members, folder)?),
            other => other.clone(),
        })
    }

    fn text(&self, text: &str, folder: &Folder<'_>) -> Result<String> {
        let mut text = text.to_owned();
        if let Some(from) = text.strip_prefix("$copy(").and_then(|rest| rest.strip_suffix(')')) {
            return folder.copy(from);
        }
        if text.contains("$folder") {
            text = text.replace("$folder", &folder.path()?);
        }
        if text.contains("$redis") {
            text = text.replace("$redis", &address(&self.redis, || Server::redis(&[]))?);
        }
        if text.contains("$nats") {
            text = text.replace("$nats", &address(&self.nats, || Server::nats(&[]))?);
        }
        Ok(text)
    }
}

/// A folder for the files of one case in one language, which is made when the case names it and goes with it.
#[derive(Debug)]
pub(crate) struct Folder<'a> {
    fixtures: &'a Path,
    made: OnceLock<PathBuf>,
}

impl<'a> Folder<'a> {
    /// A folder of a case among these fixtures.
    pub(crate) const fn new(fixtures: &'a Path) -> Self {
        Self { fixtures, made: OnceLock::new() }
    }

    fn path(&self) -> Result<String> {
        Ok(self.make()?.display().to_string())
    }

    /// A copy of a folder of the fixtures, which the case may change; the same for all that name it.
    fn copy(&self, from: &str) -> Result<String> {
        let to = self.make()?.join(from);
        if !to.exists() {
            copy(&self.fixtures.join(from), &to).with_context(|| format!("cannot copy {from}"))?;
        }
        Ok(to.display().to_string())
    }

    fn make(&self) -> Result<&Path> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let path = self.made.get_or_init(|| {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            env::temp_dir().join(format!("net-case-{}-{count}", process::id()))
        });
        fs::create_dir_all(path)?;
        Ok(path)
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to)?;
        }
    }
    Ok(())
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        if let Some(path) = self.made.get() {
            // What is left lies in the folder for temporary files.
            let _ = fs::remove_dir_all(path);
        }
    }
}

fn address(server: &Mutex<Option<Server>>, start: impl FnOnce() -> Result<Server>) -> Result<String> {
    let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
    let port = match &*server {
        Some(running) => running.port,
        None => server.insert(start()?).port,
    };
    Ok(format!("127.0.0.1:{port}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_server_is_started_when_a_text_names_it() {
        let servers = Servers::default();
        let args = json!({ "a": [{ "url": "redis://$redis/0" }], "b": 7 });
        let filled = servers
            .fill(args.as_object().expect("an object"), &Folder::new(Path::new("fixtures")))
            .expect("a server");
        let port = servers.redis.lock().expect("a server").as_ref().expect("a server").port;
        assert_eq!(
            Value::Object(filled),
            json!({ "a": [{ "url": format!("redis://127.0.0.1:{port}/0") }], "b": 7 })
        );
        assert!(answers(port));
        assert!(servers.nats.lock().expect("no server").is_none());
        drop(servers);
        assert!(!answers(port));
    }

    #[test]
    fn a_copy_of_a_folder_of_the_fixtures_is_made_once() {
        let fixtures = env::temp_dir().join(format!("net-fixtures-{}", process::id()));
        fs::create_dir_all(fixtures.join("logs/a/b")).expect("folders");
        fs::write(fixtures.join("logs/a/b/file"), "text").expect("a file");
        let folder = Folder::new(&fixtures);
        let servers = Servers::default();
        let path = || servers.text("$copy(logs/a)", &folder).expect("a copy");
        let copied = Path::new(&path()).join("b/file");
        assert_eq!(fs::read_to_string(&copied).expect("a file"), "text");
        fs::write(&copied, "changed").expect("a file");
        assert_eq!(Path::new(&path()).join("b/file"), copied);
        assert_eq!(fs::read_to_string(&copied).expect("a file"), "changed");
        assert!(servers.text("$copy(logs/none)", &folder).is_err());
        drop(folder);
        assert!(!copied.exists());
        fs::remove_dir_all(fixtures).expect("an end");
    }

    #[test]
    fn a_program_that_is_not_there_is_told_from_one_that_fails() {
        let error = Server::new("net-no-such-server", 1, &[]).expect_err("no such program");
        assert!(error.is::<NotInstalled>());
        assert!(error.to_string().ends_with("install it: apt-get install net-no-such-server"));
        let error = Server::new("false", 1, &[]).expect_err("it ends at once");
        assert!(!error.is::<NotInstalled>());
    }
}
