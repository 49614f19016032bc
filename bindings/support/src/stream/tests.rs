use std::sync::mpsc;

use super::*;
use crate::{Event, Queue, block_on, fault, host, ops};

/// A core's stream: gives what the test sends, and tells when it is closed.
struct Sent {
    items: sync::Mutex<sync::mpsc::UnboundedReceiver<u32>>,
    closed: Notify,
    told: mpsc::Sender<()>,
}

impl Source<u32> for Sent {
    fn next(&self, max: usize) -> BoxFuture<'_, Result<Vec<u32>, Error>> {
        Box::pin(async move {
            let mut items = self.items.try_lock().expect("calls come one at a time");
            let mut batch = Vec::new();
            tokio::select! {
                _ = items.recv_many(&mut batch, max) => {}
                () = self.closed.notified() => {}
            }
            Ok(batch)
        })
    }

    fn close(&self) {
        self.closed.notify_one();
        let _ = self.told.send(());
    }
}

struct Fixture {
    handle: u64,
    items: sync::mpsc::UnboundedSender<u32>,
    closed: mpsc::Receiver<()>,
}

fn fixture() -> Fixture {
    let (items, receiver) = sync::mpsc::unbounded_channel();
    let (told, closed) = mpsc::channel();
    let source = Sent { items: sync::Mutex::new(receiver), closed: Notify::new(), told };
    let handle = handles::put(Arc::new(StreamHandle::packed(Arc::new(source) as Stream<u32>)));
    Fixture { handle, items, closed }
}

fn wait<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    block_on(future, || Ok::<_, Error>(()))
}

fn batch(packed: Result<Vec<u8>, Error>) -> Vec<u32> {
    pack::decode(&packed.expect("a batch")).expect("a packed list")
}

#[test]
fn batches_come_out_packed_until_the_end() {
    let Fixture { handle, items, .. } = fixture();
    for n in 0..5 {
        items.send(n).expect("a reader");
    }
    assert_eq!(batch(wait(next(handle, 3))), [0, 1, 2]);
    assert_eq!(batch(wait(next(handle, 0))), [3], "at least one");
    assert_eq!(batch(wait(next(handle, 9))), [4]);
    drop(items);
    assert_eq!(wait(next::<Vec<u8>>(handle, 9)), Ok(vec![0]));
    assert!(handles::free(handle));
}

#[test]
fn calls_are_served_in_the_order_they_were_made() {
    let Fixture { handle, items, .. } = fixture();
    let first = next::<Vec<u8>>(handle, 1);
    let dropped = next::<Vec<u8>>(handle, 1);
    let (sender, results) = mpsc::channel();
    let second = next::<Vec<u8>>(handle, 1);
    ops::spawn(second, move |_, result| _ = sender.send(result));
    drop(dropped);
    items.send(1).expect("a reader");
    items.send(2).expect("a reader");
    assert_eq!(batch(wait(first)), [1], "the second was polled before");
    assert_eq!(batch(results.recv().expect("an end")), [2]);
    handles::free(handle);
}

#[test]
fn freeing_the_handle_closes_the_stream_under_a_waiting_reader() {
    let Fixture { handle, closed, items } = fixture();
    let waiting = next::<Vec<u8>>(handle, 1);
    assert!(handles::free(handle));
    closed.recv().expect("closed");
    assert_eq!(batch(wait(waiting)), []);
    assert_eq!(wait(next::<Vec<u8>>(handle, 1)), Err(fault::closed_handle()));
    drop(items);
}

#[test]
fn closing_ends_and_keeps_the_handle() {
    let Fixture { handle, closed, items } = fixture();
    let waiting = next::<Vec<u8>>(handle, 1);
    assert_eq!(close::<Vec<u8>>(handle), Ok(()));
    closed.recv().expect("closed");
    assert_eq!(batch(wait(waiting)), []);
    assert!(handles::free(handle));
    assert_eq!(close::<Vec<u8>>(handle), Err(fault::closed_handle()));
    drop(items);
}

/// The host's side of a stream argument.
struct Host {
    queue: Queue<Vec<u8>>,
    wakes: mpsc::Receiver<()>,
}

impl Host {
    fn stream() -> (Self, Stream<u32>) {
        let (sender, wakes) = mpsc::channel();
        let queue = Queue::new(move || _ = sender.send(()));
        let port = HostPort::new(queue.clone(), 4);
        (Self { queue, wakes }, Arc::new(HostSource::<u32, _>::packed(port, 2)))
    }

    fn event(&self) -> Event<Vec<u8>> {
        loop {
            if let Some(event) = self.queue.drain(1).pop() {
                return event;
            }
            self.wakes.recv().expect("a wake");
        }
    }

    #[track_caller]
    fn answer(&self, max: u32, items: &[u32]) {
        let Event::Request(request) = self.event() else { panic!("no request") };
        assert_eq!((request.instance, request.method), (4, 2));
        assert_eq!(pack::decode(&request.args), Ok(max));
        host::reply(request.reply, Ok(pack::encode(&items.to_vec()))).expect("it waits");
    }
}

type Batch = mpsc::Receiver<Result<Vec<u32>, Error>>;

fn read(stream: &Stream<u32>, max: usize) -> (u64, Batch) {
    let (sender, batch) = mpsc::channel();
    let stream = Arc::clone(stream);
    (ops::spawn(async move { stream.next(max).await }, move |_, result| _ = sender.send(result)), batch)
}

#[test]
fn a_host_is_asked_as_the_core_reads() {
    let (host, stream) = Host::stream();
    let (_, one) = read(&stream, 2);
    host.answer(2, &[1, 2]);
    assert_eq!(one.recv(), Ok(Ok(vec![1, 2])));
    assert!(host.queue.is_empty(), "nothing is asked for in advance");
    let (_, two) = read(&stream, 2);
    host.answer(2, &[3, 4, 5]);
    assert_eq!(two.recv(), Ok(Ok(vec![3, 4])));
    assert_eq!(wait(stream.next(2)), Ok(vec![5]), "what it gave too much is kept");
    let (_, end) = read(&stream, 2);
    host.answer(2, &[]);
    assert_eq!(end.recv(), Ok(Ok(vec![])));
    assert_eq!(host.event(), Event::Released { instance: 4 });
    assert_eq!(wait(stream.next(2)), Ok(vec![]));
}

#[test]
fn one_request_is_under_way_at_most() {
    let (host, stream) = Host::stream();
    let reads = [read(&stream, 1).1, read(&stream, 1).1];
    host.answer(1, &[1]);
    host.answer(1, &[2]);
    let mut items: Vec<_> =
        reads.iter().map(|read| read.recv().expect("an end").expect("a batch")[0]).collect();
    items.sort_unstable();
    assert_eq!(items, [1, 2]);
    assert!(host.queue.is_empty());
}

#[test]
fn an_error_of_the_host_does_not_end_the_stream() {
    let (host, stream) = Host::stream();
    let (_, failed) = read(&stream, 1);
    let Event::Request(request) = host.event() else { panic!("no request") };
    host::reply::<Vec<u8>>(request.reply, Err(fault::argument("a", "b"))).expect("it waits");
    assert_eq!(failed.recv(), Ok(Err(fault::argument("a", "b"))));
    let (_, next) = read(&stream, 1);
    host.answer(1, &[1]);
    assert_eq!(next.recv(), Ok(Ok(vec![1])));
}

#[test]
fn closing_ends_a_waiting_reader_and_releases_the_host() {
    let (host, stream) = Host::stream();
    let (_, waiting) = read(&stream, 1);
    let Event::Request(request) = host.event() else { panic!("no request") };
    stream.close();
    assert_eq!(waiting.recv(), Ok(Ok(vec![])));
    assert_eq!(host.event(), Event::Abandoned { reply: request.reply });
    assert_eq!(host.event(), Event::Released { instance: 4 });
    assert_eq!(wait(stream.next(1)), Ok(vec![]));
}

#[test]
fn dropping_the_stream_releases_the_host() {
    let (host, stream) = Host::stream();
    drop(stream);
    assert_eq!(host.event(), Event::Released { instance: 4 });
}
