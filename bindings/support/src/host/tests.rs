use std::{future::Future, sync::mpsc};

use super::*;
use crate::{Event, Queue, block_on, fault, ops};

/// A queue for a test's host thread, which waits for events one at a time.
struct Host {
    queue: Queue<u32>,
    wakes: mpsc::Receiver<()>,
}

impl Host {
    fn new() -> Self {
        let (sender, wakes) = mpsc::channel();
        Self { queue: Queue::new(move || _ = sender.send(())), wakes }
    }

    fn event(&self) -> Event<u32> {
        loop {
            if let Some(event) = self.queue.drain(1).pop() {
                return event;
            }
            self.wakes.recv().expect("a wake");
        }
    }

    #[track_caller]
    fn request(&self) -> Request<u32> {
        match self.event() {
            Event::Request(request) => request,
            other => panic!("{other:?}"),
        }
    }

    fn port(&self, instance: u64) -> HostPort<u32, String> {
        HostPort::new(self.queue.clone(), instance)
    }
}

type Answer = mpsc::Receiver<Result<String, Error>>;

fn start(future: impl Future<Output = Result<String, Error>> + Send + 'static) -> (u64, Answer) {
    let (sender, answer) = mpsc::channel();
    (ops::spawn(future, move |_, result| _ = sender.send(result)), answer)
}

#[test]
fn a_call_is_answered_once() {
    let host = Host::new();
    let port = host.port(7);
    let (_, answer) = start(async move { port.call(3, 5).await });
    let request = host.request();
    assert_eq!((request.instance, request.method, request.args), (7, 3, 5));
    assert_eq!(reply(request.reply, Ok("yes".to_owned())), Ok(()));
    assert_eq!(reply(request.reply, Ok("no".to_owned())), Err(fault::closed_handle()));
    assert!(!drop_reply(request.reply));
    assert_eq!(answer.recv(), Ok(Ok("yes".to_owned())));
    assert_eq!(host.event(), Event::Released { instance: 7 });
}

#[test]
fn an_answer_of_another_type_leaves_the_request_waiting() {
    let host = Host::new();
    let port = host.port(1);
    let (_, answer) = start(async move { port.call(1, 0).await });
    let request = host.request();
    assert_eq!(reply(request.reply, Ok(5_u8)), Err(fault::wrong_handle()));
    assert_eq!(reply(request.reply, Err::<String, _>(fault::argument("a", "b"))), Ok(()));
    assert_eq!(answer.recv(), Ok(Err(fault::argument("a", "b"))));
}

#[test]
fn a_dropped_reply_is_an_internal_error() {
    let host = Host::new();
    let port = host.port(1);
    let (_, answer) = start(async move { port.call(1, 0).await });
    assert!(drop_reply(host.request().reply));
    assert_eq!(answer.recv(), Ok(Err(fault::handler_dropped())));
}

#[test]
fn dropping_the_call_abandons_it_and_then_releases_the_object() {
    let host = Host::new();
    let port = host.port(1);
    let (op, answer) = start(async move { port.call(1, 0).await });
    let request = host.request();
    ops::cancel(op);
    assert_eq!(answer.recv(), Ok(Err(fault::cancelled())));
    assert_eq!(host.event(), Event::Abandoned { reply: request.reply });
    assert_eq!(host.event(), Event::Released { instance: 1 });
    assert_eq!(reply(request.reply, Ok(String::new())), Err(fault::closed_handle()));
}

#[test]
fn a_host_that_is_too_slow_times_out() {
    let host = Host::new();
    let port = host.port(1).timeout(Duration::from_millis(1));
    let (_, answer) = start(async move { port.call(1, 0).await });
    let request = host.request();
    assert_eq!(answer.recv(), Ok(Err(fault::host_timeout())));
    assert_eq!(host.event(), Event::Abandoned { reply: request.reply });
}

#[test]
fn a_serial_object_has_one_call_at_a_time() {
    let host = Host::new();
    let port = Arc::new(host.port(1).serial());
    let answers: Vec<_> = (0..3)
        .map(|n| {
            let port = Arc::clone(&port);
            start(async move { port.call(1, n).await }).1
        })
        .collect();
    for _ in 0..3 {
        let request = host.request();
        assert_eq!(host.queue.drain(9), [], "the second waits for the first");
        reply(request.reply, Ok(request.args.to_string())).expect("it waits");
    }
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.recv(), Ok(Ok(n.to_string())));
    }
}

#[test]
fn calls_at_once_are_all_under_way() {
    let host = Host::new();
    let port = Arc::new(host.port(1));
    let answers: Vec<_> = (0..3)
        .map(|n| {
            let port = Arc::clone(&port);
            start(async move { port.call(1, n).await }).1
        })
        .collect();
    let mut requests = [host.request(), host.request(), host.request()];
    requests.reverse();
    for request in requests {
        reply(request.reply, Ok(request.args.to_string())).expect("it waits");
    }
    for (n, answer) in answers.iter().enumerate() {
        assert_eq!(answer.recv(), Ok(Ok(n.to_string())));
    }
}

#[test]
fn a_closed_queue_fails_calls_at_once() {
    let host = Host::new();
    host.queue.close();
    let port = host.port(1);
    let result = block_on(port.call(1, 0), || Ok::<_, Error>(()));
    assert_eq!(result, Err(fault::handler_dropped()));
    drop(port);
    assert!(host.queue.is_empty());
}

/// A host that answers before `request` returns, as C functions do.
struct Inline;

impl Sink<u32> for Inline {
    fn request(&self, request: Request<u32>) -> Result<(), Error> {
        reply(request.reply, Ok(request.args + 1))
    }

    fn settled(&self, _: u64, abandoned: bool) {
        assert!(!abandoned);
        panic!("a host may do what it wants");
    }

    fn released(&self, _: u64) {
        panic!("a host may do what it wants");
    }
}

#[test]
fn a_host_may_answer_at_once_and_panic_when_told_the_rest() {
    let port = HostPort::<u32>::new(Inline, 1);
    assert_eq!(block_on(port.call(1, 4), || Ok::<_, Error>(())), Ok(5));
}
