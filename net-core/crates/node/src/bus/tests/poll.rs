//! Pages: cursors, order, filters.

use net_types::bus::Ordering;

use super::*;

async fn page(node: &NetNode, limit: u32, cursor: Option<String>, ordering: Ordering) -> PollResponse {
    poll(node, PollRequest { limit, cursor, ordering, ..PollRequest::default() }).await
}

#[tokio::test]
async fn covers_all_shards_by_pages() {
    for ordering in [Ordering::None, Ordering::InsertionTs] {
        let node = node(4);
        for n in 0..160 {
            node.emit_raw(&n.to_string(), None).expect("emit");
        }
        let (mut cursor, mut all) = (None, vec![]);
        loop {
            let answer = page(&node, 7, cursor, ordering).await;
            assert_eq!(answer.has_more, all.len() + answer.events.len() < 160);
            let (last, more) = (answer.next_id.clone(), answer.has_more);
            all.extend(answer.events.into_iter().map(|e| e.raw.parse::<u32>().expect("number")));
            cursor = last;
            if !more {
                break;
            }
        }
        if ordering == Ordering::None {
            all.sort_unstable();
        }
        assert_eq!(all, (0..160).collect::<Vec<_>>());
        let echoed = page(&node, 7, cursor.clone(), ordering).await;
        assert_eq!(echoed, PollResponse { events: vec![], next_id: cursor, has_more: false });
    }
}

#[tokio::test]
async fn shard_by_shard_every_shard_has_its_share() {
    let node = node(2);
    let key = |shard: u32| {
        (0..)
            .map(|n: u32| n.to_string())
            .find(|key| node.bus().shard_of(xxhash_rust::xxh3::xxh3_64(key.as_bytes())) == shard as usize)
    };
    let (even, odd) = (key(0).expect("key"), key(1).expect("key"));
    for n in 0..10 {
        node.emit_raw(&n.to_string(), Some(&even)).expect("emit");
    }
    node.emit_raw("10", Some(&odd)).expect("emit");
    let first = page(&node, 4, None, Ordering::None).await;
    assert_eq!(raws(&first.events), ["0", "1", "2", "10"]);
    assert!(first.has_more);
    assert_eq!(first.events.iter().map(|e| e.shard_id).collect::<Vec<_>>(), [0, 0, 0, 1]);
    assert_eq!(first.events.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["0", "1", "2", "0"]);
}

#[tokio::test]
async fn a_new_bus_has_read_nothing() {
    let node = node(2);
    let answer = page(&node, 5, None, Ordering::None).await;
    assert_eq!(answer, PollResponse { events: vec![], next_id: None, has_more: false });
    node.emit_raw("1", None).expect("emit");
    let answer = page(&node, 1, None, Ordering::None).await;
    assert!(!answer.has_more, "nothing is left behind an exactly full page");
}

#[tokio::test]
async fn insertion_timestamps_come_from_one_clock() {
    let before = std::time::SystemTime::now();
    let node = node(3);
    let receipts: Vec<_> = (0..20).map(|n| node.emit_raw(&n.to_string(), None).expect("emit")).collect();
    let events = page(&node, 100, None, Ordering::InsertionTs).await.events;
    let first = events[0].insertion_ts.0 - receipts[0].timestamp;
    for (event, receipt) in events.iter().zip(&receipts) {
        assert_eq!(event.insertion_ts.0 - receipt.timestamp, first);
        assert_eq!(event.shard_id, receipt.shard_id);
    }
    let before = before.duration_since(std::time::UNIX_EPOCH).expect("time").as_nanos() as u64;
    assert!((before..before + 60_000_000_000).contains(&events[0].insertion_ts.0));
}

#[tokio::test]
async fn a_filtered_poll_skips_no_match() {
    let node = node(3);
    for n in 0..3000 {
        node.emit_raw(&format!("{{\"n\":{n},\"third\":{}}}", n % 3 == 0), None).expect("emit");
    }
    for ordering in [Ordering::None, Ordering::InsertionTs] {
        let (mut cursor, mut seen) = (None, 0);
        loop {
            let filter = Some(r#"{"path":"third","value":true}"#.to_owned());
            let answer = poll(&node, PollRequest { limit: 37, cursor, filter, ordering }).await;
            seen += answer.events.len();
            assert_eq!(answer.has_more, seen < 1000);
            cursor = answer.next_id;
            if !answer.has_more {
                break;
            }
        }
        assert_eq!(seen, 1000);
        assert_eq!(page(&node, 1, cursor, ordering).await.events, [], "it went on behind what did not match");
    }
}

#[tokio::test]
async fn the_cursor_is_exclusive_and_its_text_pinned() {
    let node = node(1);
    node.emit_raw_batch(&["1", "2", "3"], None).expect("emit");
    let first = page(&node, 2, None, Ordering::None).await;
    assert_eq!(first.next_id.as_deref(), Some("eyIwIjoiMSJ9"));
    let second = page(&node, 2, first.next_id, Ordering::None).await;
    assert_eq!(raws(&second.events), ["3"]);
    // {"0":"2","9":"7"}: a shard that this node does not have keeps its entry.
    let foreign = Some("eyIwIjoiMSIsIjkiOiI3In0=".to_owned());
    let third = page(&node, 2, foreign, Ordering::None).await;
    assert_eq!(third.next_id.as_deref(), Some("eyIwIjoiMiIsIjkiOiI3In0="));
}

#[tokio::test]
async fn refuses_bad_requests() {
    let node = node(1);
    node.emit_raw("1", None).expect("emit");
    let refused = async |request| match node.poll(request).await {
        Err(Error::Bus(error)) => error,
        other => panic!("{other:?}"),
    };
    let with_cursor = |text: &str| PollRequest { cursor: Some(text.to_owned()), ..PollRequest::default() };
    assert!(matches!(refused(with_cursor("?")).await, BusError::InvalidCursor { .. }));
    // {"0":"1"}: the event does not exist yet.
    assert!(matches!(refused(with_cursor("eyIwIjoiMSJ9")).await, BusError::InvalidCursor { .. }));
    let filter = PollRequest { filter: Some("{}".to_owned()), ..PollRequest::default() };
    assert!(matches!(refused(filter).await, BusError::InvalidFilter { .. }));
    for limit in [0, 1_000_001] {
        let request = PollRequest { limit, ..PollRequest::default() };
        assert!(matches!(refused(request).await, BusError::InvalidConfig { .. }));
    }
}

#[tokio::test]
async fn poll_one_gives_each_event_once() {
    let node = node(3);
    for n in 0..10 {
        node.emit_raw(&n.to_string(), None).expect("emit");
    }
    for n in 0..10 {
        assert_eq!(node.poll_one().await.expect("poll").map(|e| e.raw), Some(n.to_string()));
    }
    assert_eq!(node.poll_one().await, Ok(None));
    assert_eq!((stats(&node).held, stats(&node).batches_dispatched), (0, 10));
}
