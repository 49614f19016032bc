//! Shutting down, and ends of life.

use std::time::Duration;

use net_types::bus::ShutdownOptions;

use super::*;

#[tokio::test]
async fn delivers_what_was_accepted() {
    let node = node(3);
    let stream = subscribe(&node);
    for n in 0..100 {
        node.emit_raw(&n.to_string(), None).expect("emit");
    }
    let reader = tokio::spawn(async move {
        let mut seen = 0;
        loop {
            match stream.next(7).await {
                Ok(events) => seen += events.len(),
                Err(error) => return (seen, error, stream.next(7).await),
            }
        }
    });
    assert_eq!(node.shutdown(ShutdownOptions::default()).await, Ok(()));
    assert_eq!(reader.await.expect("reader"), (100, BusError::Closed.into(), refused(BusError::Closed)));
}

#[tokio::test]
async fn refuses_everything_afterwards() {
    let node = node(2);
    node.emit_raw("1", None).expect("emit");
    let channel = node.channel("c").expect("channel");
    assert_eq!(node.shutdown(ShutdownOptions::default()).await, Ok(()));
    assert_eq!(node.shutdown(ShutdownOptions::default()).await, Ok(()));
    assert_eq!(node.emit_raw("1", None), refused(BusError::Closed));
    assert_eq!(node.emit_raw_batch(&["1"], None), refused(BusError::Closed));
    assert_eq!(channel.publish("{}".into()), refused(BusError::Closed));
    assert_eq!(node.fire("1"), Ok(false));
    assert_eq!(node.emit_buffer(b"1", None), Ok(false));
    assert_eq!(node.fire_batch(&["1"]), Ok(0));
    assert_eq!(node.poll(PollRequest::default()).await, refused(BusError::Closed));
    assert_eq!(node.poll_one().await, refused(BusError::Closed));
    assert_eq!(node.subscribe(SubscribeOptions::default()).map(drop), refused(BusError::Closed));
    assert_eq!((stats(&node).events_ingested, stats(&node).buffered_bytes), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn waits_for_readers_no_longer_than_told() {
    let node = node(2);
    let idle = subscribe(&node);
    node.emit_raw("1", None).expect("emit");
    let started = tokio::time::Instant::now();
    assert_eq!(node.shutdown(ShutdownOptions { timeout: Duration::from_millis(300) }).await, Ok(()));
    assert_eq!(started.elapsed().as_millis(), 300);
    assert_eq!(idle.next(1).await, refused(BusError::Closed));
}

#[tokio::test(start_paused = true)]
async fn ends_at_once_when_nobody_waits() {
    let started = tokio::time::Instant::now();
    let unread = node(2);
    unread.emit_raw("1", None).expect("emit");
    assert_eq!(unread.shutdown(ShutdownOptions::default()).await, Ok(()));

    let node = node(2);
    let stopped = subscribe(&node);
    node.emit_raw("1", None).expect("emit");
    let shutdown = tokio::spawn({
        let node = node.clone();
        async move { node.shutdown(ShutdownOptions::default()).await }
    });
    tokio::task::yield_now().await;
    assert_eq!(node.emit_raw("2", None), refused(BusError::Closed), "it is on its way down");
    stopped.stop().expect("stop");
    assert_eq!(shutdown.await.expect("shutdown"), Ok(()));
    assert_eq!(started.elapsed().as_millis(), 0);
}

#[tokio::test]
async fn ends_pending_reads_with_closed() {
    let node = node(2);
    let stream = subscribe(&node);
    let reader = tokio::spawn(async move { stream.next(1).await });
    tokio::task::yield_now().await;
    assert_eq!(node.shutdown(ShutdownOptions::default()).await, Ok(()));
    assert_eq!(reader.await.expect("reader"), refused(BusError::Closed));
}

#[tokio::test]
async fn the_last_reference_ends_the_streams() {
    let node = node(2);
    let stream = subscribe(&node);
    let channel = node.channel("c").expect("channel");
    node.emit_raw("1", None).expect("emit");
    drop(node);
    assert_eq!(channel.publish("{}".into()), Ok(true), "a channel keeps its node");
    let reader = tokio::spawn(async move {
        let mut seen = 0;
        loop {
            match stream.next(1).await.expect("next") {
                events if events.is_empty() => return seen,
                events => seen += events.len(),
            }
        }
    });
    tokio::task::yield_now().await;
    drop(channel);
    assert_eq!(reader.await.expect("reader"), 2);
}
