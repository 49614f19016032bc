//! What is held, what is dropped, and who lagged.

use super::*;

const K: Option<&str> = Some("k");

fn full(backpressure: Backpressure) -> Arc<NetNode> {
    let node = NetNode::new(config(1, 4, backpressure)).expect("node");
    assert_eq!(node.emit_raw_batch(&["0", "1", "2", "3"], K), Ok(4));
    node
}

#[tokio::test]
async fn drop_newest_refuses_and_counts() {
    let node = full(Backpressure::DropNewest);
    assert_eq!(node.emit_raw("4", K), refused(BusError::Backpressure));
    assert_eq!(node.fire("4"), Ok(false));
    assert_eq!(node.emit_raw_batch(&["4", "5"], K), Ok(0));
    assert_eq!((stats(&node).events_dropped, stats(&node).held, stats(&node).events_ingested), (4, 4, 4));
    let page = poll(&node, PollRequest { limit: 2, ..PollRequest::default() }).await;
    assert_eq!(raws(&page.events), ["0", "1"]);
    assert_eq!(node.emit_raw_batch(&["4", "5", "6"], K), Ok(2));
    assert_eq!((stats(&node).events_dropped, stats(&node).held), (5, 4));
    let rest = poll(&node, PollRequest { cursor: page.next_id, ..PollRequest::default() }).await;
    assert_eq!(raws(&rest.events), ["2", "3", "4", "5"]);
}

#[tokio::test]
async fn fail_producer_refuses_without_counting() {
    let node = full(Backpressure::FailProducer);
    let stream = subscribe(&node);
    assert_eq!(node.emit_raw("4", K), refused(BusError::Backpressure));
    assert_eq!(node.emit_raw_batch(&["4", "5"], K), refused(BusError::Backpressure));
    assert_eq!(raws(&stream.next(2).await.expect("next")), ["0", "1"]);
    assert_eq!(node.emit_raw_batch(&["4", "5", "6"], K), Ok(2), "what was taken is the beginning");
    assert_eq!((stats(&node).events_dropped, stats(&node).held), (0, 4));
    assert_eq!(raws(&stream.next(9).await.expect("next")), ["2", "3", "4", "5"]);
}

#[tokio::test]
async fn drop_oldest_counts_held_events_only() {
    let node = full(Backpressure::DropOldest);
    poll(&node, PollRequest { limit: 3, ..PollRequest::default() }).await;
    assert_eq!(node.emit_raw_batch(&["4", "5", "6"], K), Ok(3));
    assert_eq!(stats(&node).events_dropped, 0, "a poll had returned them");
    assert_eq!(node.emit_raw("7", K).map(|r| r.shard_id), Ok(0));
    assert_eq!(stats(&node).events_dropped, 1);
    assert_eq!(raws(&poll(&node, PollRequest::default()).await.events), ["4", "5", "6", "7"]);
}

#[tokio::test]
async fn each_subscription_that_missed_events_hears_which() {
    let node = full(Backpressure::DropOldest);
    let (behind, ahead) = (subscribe(&node), subscribe(&node));
    assert_eq!(raws(&ahead.next(3).await.expect("next")), ["0", "1", "2"]);
    node.emit_raw_batch(&["4", "5", "6", "7", "8"], K).expect("emit");
    assert_eq!(stats(&node).events_dropped, 5);
    assert_eq!(behind.next(9).await, refused(BusError::Lagged { shard: 0, first: 0, last: 4 }));
    assert_eq!(raws(&behind.next(9).await.expect("next")), ["5", "6", "7", "8"]);
    assert_eq!(ahead.next(9).await, refused(BusError::Lagged { shard: 0, first: 3, last: 4 }));
    assert_eq!(raws(&ahead.next(9).await.expect("next")), ["5", "6", "7", "8"]);
    assert_eq!(stats(&node).held, 0);
    node.emit_raw_batch(&["9", "10"], K).expect("emit");
    assert_eq!(stats(&node).events_dropped, 5);
}

#[tokio::test]
async fn a_closed_stream_holds_nothing() {
    let node = full(Backpressure::DropNewest);
    let (slow, fast) = (subscribe(&node), subscribe(&node));
    assert_eq!(fast.next(9).await.expect("next").len(), 4);
    assert_eq!(node.emit_raw("4", K), refused(BusError::Backpressure));
    slow.close();
    assert_eq!(stats(&node).held, 0);
    assert!(node.emit_raw("4", K).is_ok());
    drop(slow);
    drop(fast);
    assert_eq!(stats(&node).held, 1, "no one is left, and no poll has returned the event");
}

#[tokio::test]
async fn an_evicted_cursor_goes_on_at_the_oldest() {
    let node = full(Backpressure::DropOldest);
    let page = poll(&node, PollRequest { limit: 1, ..PollRequest::default() }).await;
    node.emit_raw_batch(&["4", "5", "6"], K).expect("emit");
    let next = poll(&node, PollRequest { cursor: page.next_id.clone(), ..PollRequest::default() }).await;
    assert_eq!(raws(&next.events), ["3", "4", "5", "6"]);
    let resumed = node.subscribe(SubscribeOptions { cursor: page.next_id, ..SubscribeOptions::default() });
    let resumed = resumed.expect("subscribe");
    assert_eq!(resumed.next(9).await, refused(BusError::Lagged { shard: 0, first: 1, last: 2 }));
    assert_eq!(resumed.next(9).await.expect("next").len(), 4);
}

#[tokio::test]
async fn memory_is_bounded() {
    let with = |backpressure| {
        let limits = NetNodeConfig { max_buffer: 30, ..config(2, 1024, backpressure) };
        NetNode::new(limits).expect("node")
    };
    let ten = ["\"00000000\"", "\"11111111\"", "\"22222222\"", "\"33333333\""];
    let full = BusError::MemoryFull { limit: 30 };

    let node = with(Backpressure::FailProducer);
    assert_eq!(node.emit_raw_batch(&ten, None), Ok(3));
    assert_eq!(stats(&node).buffered_bytes, 30);
    assert_eq!(node.emit_raw(ten[3], None), refused(full.clone()));
    assert_eq!(stats(&node).events_dropped, 0);
    let request =
        PollRequest { limit: 1, ordering: net_types::bus::Ordering::InsertionTs, ..PollRequest::default() };
    assert_eq!(raws(&poll(&node, request).await.events), [ten[0]]);
    assert!(node.emit_raw(ten[3], None).is_ok(), "the event that a poll returned makes room");

    let node = with(Backpressure::DropNewest);
    assert_eq!(node.emit_raw_batch(&ten, None), Ok(3));
    assert_eq!(node.fire(ten[3]), Ok(false));
    assert_eq!(node.emit_raw(ten[3], None), refused(full.clone()));
    assert_eq!(stats(&node).events_dropped, 3);

    let node = with(Backpressure::DropOldest);
    assert_eq!(node.emit_raw_batch(&ten, None), Ok(4));
    assert_eq!((stats(&node).events_dropped, stats(&node).buffered_bytes), (1, 30));
    assert_eq!(node.emit_raw(&format!("\"{}\"", "x".repeat(30)), None), refused(full));
    assert_eq!(stats(&node).buffered_bytes, 30, "what can never fit evicts nothing");
}
