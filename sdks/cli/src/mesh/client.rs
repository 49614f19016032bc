//! One connection to a node.

use std::path::Path;

use net_inspect::{Answer, Question};

use crate::failure::Failure;

/// A connection over which a node is asked.
#[derive(Debug)]
pub(super) struct Client {
    #[cfg(unix)]
    stream: std::io::BufReader<std::os::unix::net::UnixStream>,
}

impl Client {
    pub(super) fn connect(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            let message = "which node is asked is not said".to_owned();
            let advice = "Give the path of its control socket: --socket PATH, or NET_CONTROL_SOCKET. A node has one if it \
                          is made with `controlSocket: PATH`."
                .to_owned();
            return Err(Failure::new("no_socket", message, advice));
        };
        Self::reach(path)
    }

    #[cfg(unix)]
    fn reach(path: &Path) -> Result<Self, Failure> {
        use std::{io::BufReader, os::unix::net::UnixStream, time::Duration};
        let connected = UnixStream::connect(path).and_then(|stream| {
            let patience = Some(Duration::from_secs(10));
            stream.set_read_timeout(patience)?;
            stream.set_write_timeout(patience)?;
            Ok(stream)
        });
        let stream = connected.map_err(|error| {
            let shown = path.display();
            let message = format!("no node answers at {shown}: {error}");
            Failure::new("not_reached", message, advice(path, &error))
        })?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    #[cfg(not(unix))]
    fn reach(_path: &Path) -> Result<Self, Failure> {
        let message = "this system has no Unix sockets, over which nodes are asked".to_owned();
        Err(Failure::new("unsupported", message, None))
    }

    #[cfg(not(unix))]
    pub(super) fn ask(&mut self, _question: &Question) -> Result<Answer, Failure> {
        unreachable!("no client is made")
    }

    #[cfg(unix)]
    pub(super) fn ask(&mut self, question: &Question) -> Result<Answer, Failure> {
        use net_inspect::{Request, Response, VERSION};
        use std::io::{BufRead, Write};
        let request = Request { version: VERSION, ask: question.clone() };
        let mut line = Vec::new();
        let asked = self.stream.get_mut().write_all(&net_inspect::line(&request));
        let read = asked.and_then(|()| self.stream.read_until(b'\n', &mut line));
        let lost = |reason: String| Failure::new("lost", format!("the node does not answer: {reason}"), None);
        match read {
            Ok(0) => return Err(lost("it has ended".to_owned())),
            Ok(_) => {}
            Err(error) => return Err(lost(error.to_string())),
        }
        match serde_json::from_slice(&line) {
            Ok(Response::Answer(answer)) => Ok(answer),
            Ok(Response::Error(reason)) => Err(Failure::new("refused", reason, None)),
            Err(error) => Err(lost(format!("what it says is not understood: {error}"))),
        }
    }
}

#[cfg(unix)]
fn advice(path: &Path, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "Only the user whose process it is may ask a node: run it as that user.".to_owned()
        }
        _ => format!(
            "A node listens there while it runs, if it is made with `controlSocket: \"{}\"`.",
            path.display()
        ),
    }
}
