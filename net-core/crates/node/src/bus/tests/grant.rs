//! Room that is promised ahead.

use super::*;

const TEXTS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "7"];

fn emit_granted(node: &NetNode, texts: &[&str]) -> usize {
    texts.iter().filter(|text| node.emit_granted(text.as_bytes(), None) == Ok(true)).count()
}

#[tokio::test]
async fn a_node_that_drops_the_oldest_grants_whatever_fits() {
    let node = NetNode::new(NetNodeConfig { max_buffer: 100, ..config(1, 4, Backpressure::DropOldest) });
    let node = node.expect("node");
    assert_eq!(node.reserve(1000, 100), Ok(1000));
    assert_eq!(node.reserve(1000, 101), Ok(0), "an event of this size never fits");
    assert_eq!(emit_granted(&node, &TEXTS), 8);
    assert_eq!((stats(&node).held, stats(&node).events_dropped), (4, 4));
}

#[tokio::test]
async fn granted_room_is_taken_for_others() {
    for backpressure in [Backpressure::DropNewest, Backpressure::FailProducer] {
        let node = NetNode::new(config(3, 8, backpressure)).expect("node");
        assert_eq!(node.reserve(100, 100), Ok(4), "half of what is free");
        assert_eq!(node.emit_raw_batch(&TEXTS[..4], Some("k")), Ok(4));
        assert_eq!(node.emit_raw("9", Some("k")), refused(BusError::Backpressure));
        let key = Some("k");
        assert!((0..4).all(|n: u32| node.emit_granted(n.to_string().as_bytes(), key) == Ok(true)));
        assert_eq!(node.emit_granted(b"9", key), Ok(false), "the grant is used up");
        assert_eq!(stats(&node).held, 8);
    }
}

#[test]
fn a_grant_takes_the_place_of_the_one_before() {
    let node = NetNode::new(config(1, 8, Backpressure::FailProducer)).expect("node");
    for _ in 0..3 {
        assert_eq!(node.reserve(3, 10), Ok(3));
    }
    assert_eq!(stats(&node).buffered_bytes, 0, "promised bytes are not kept events");
    assert_eq!(node.reserve(0, 0), Ok(0));
    assert_eq!(node.emit_raw_batch(&TEXTS, None), Ok(8));
}

#[test]
fn each_reference_has_its_grant_and_gives_it_back_with_its_end() {
    let node = NetNode::new(config(1, 16, Backpressure::FailProducer)).expect("node");
    let other = NetNode::from_native(&node).expect("reference");
    assert_eq!((node.reserve(8, 100), other.reserve(8, 100)), (Ok(8), Ok(4)));
    assert_eq!(node.emit_raw_batch(&TEXTS, None), Ok(4));
    drop(other);
    assert_eq!(node.emit_raw_batch(&TEXTS, None), Ok(4));
    assert_eq!(emit_granted(&node, &TEXTS), 8);
}

#[test]
fn a_grant_covers_bytes() {
    let node = NetNode::new(NetNodeConfig { max_buffer: 20, ..config(1, 64, Backpressure::FailProducer) });
    let node = node.expect("node");
    assert_eq!(node.reserve(9, 21), Ok(0));
    assert_eq!(node.reserve(9, 15), Ok(9));
    assert_eq!(node.emit_raw("\"1234\"", None), refused(BusError::MemoryFull { limit: 20 }));
    assert_eq!(node.emit_granted(b"\"1234567890\"", None), Ok(true));
    assert_eq!(stats(&node).buffered_bytes, 12);
    assert_eq!(node.emit_granted(b"\"12\"", None), Ok(true), "beyond its bytes, where there is room");
    assert_eq!(node.emit_granted(b"\"1234567890\"", None), Ok(false));
}

#[tokio::test]
async fn what_is_no_event_is_told_at_the_next_flush() {
    let node = NetNode::new(config(1, 8, Backpressure::FailProducer)).expect("node");
    assert_eq!(node.reserve(2, 100), Ok(2));
    assert_eq!((node.emit_granted(b"1", None), node.emit_granted(b"[", None)), (Ok(true), Ok(true)));
    assert_eq!(stats(&node).rejected, 1);
    let reason = "expected a value".to_owned();
    assert_eq!(node.flush().await, refused(BusError::InvalidJson { index: 1, offset: 1, reason }));
}

#[tokio::test]
async fn a_closed_node_grants_nothing() {
    let node = NetNode::new(config(1, 8, Backpressure::FailProducer)).expect("node");
    assert_eq!(node.reserve(2, 100), Ok(2));
    node.shutdown(Default::default()).await.expect("shutdown");
    assert_eq!((node.emit_granted(b"1", None), node.reserve(2, 100)), (Ok(false), Ok(0)));
}

#[test]
fn threads_keep_their_promises() {
    const EACH: u64 = 2000;
    let node = NetNode::new(config(5, 1 << 12, Backpressure::DropNewest)).expect("node");
    let granted = |reference: Arc<NetNode>| {
        (0..EACH)
            .map(|n| {
                let granted = reference.reserve(3, 64).expect("reserve");
                let text = n.to_string();
                assert!((0..granted).all(|_| reference.emit_granted(text.as_bytes(), None) == Ok(true)));
                u64::from(granted)
            })
            .sum::<u64>()
    };
    let direct = || (0..EACH).filter(|n| node.fire(&n.to_string()) == Ok(true)).count() as u64;
    let taken = std::thread::scope(|scope| {
        let holders: Vec<_> = (0..3)
            .map(|_| NetNode::from_native(&node).expect("reference"))
            .map(|reference| scope.spawn(|| granted(reference)))
            .collect();
        let others = [scope.spawn(direct), scope.spawn(direct)];
        holders.into_iter().chain(others).map(|thread| thread.join().expect("thread")).sum::<u64>()
    });
    assert_eq!(stats(&node).events_ingested, taken);
    assert_eq!(stats(&node).held, taken);
}
