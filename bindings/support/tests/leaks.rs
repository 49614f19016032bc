//! Counts what is alive, in a process of its own.

use std::sync::Arc;

use net_support::{HostPort, Queue, handles, live_handles, stream::HostSource, stream::StreamHandle};

#[test]
fn everything_alive_is_counted_until_it_is_gone() {
    let queue = Queue::<Vec<u8>>::new(|| ());
    assert_eq!(live_handles(), 0);
    let object = handles::put(Arc::new(5));
    let port = HostPort::new(queue, 1);
    assert_eq!(live_handles(), 2);

    let source: net_types::Stream<u32> = Arc::new(HostSource::packed(port, 1));
    let stream = handles::put(Arc::new(StreamHandle::packed(source)));
    assert_eq!(live_handles(), 3);

    assert!(handles::free(stream));
    assert_eq!(live_handles(), 1, "the stream took the host's with it");
    assert!(handles::free(object));
    assert_eq!(live_handles(), 0);
}
