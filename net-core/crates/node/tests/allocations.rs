//! What messages between two nodes cost in memory, by an allocator that counts.

use std::{alloc::System, sync::Arc};

use bytes::Bytes;
use net_node::mesh::{MeshEvents, MeshNode, MeshStream};
use net_types::{
    api::{MeshEvents as _, MeshNode as _},
    mesh::{MeshNodeConfig, ReceiveOptions, Reliability, StreamConfig},
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static GLOBAL: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const PSK: &str = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506";

/// Messages that are sent with each call.
const BATCH: usize = 16;

/// A stream between two nodes, and who reads it.
struct Two {
    from: Arc<MeshNode>,
    stream: Arc<MeshStream>,
    events: Arc<MeshEvents>,
    /// Pieces of memory that calls have been given, or have handed out: a list each, and an id for each message.
    handed: usize,
}

async fn node(seed: u8) -> Arc<MeshNode> {
    let config = MeshNodeConfig {
        identity_seed: Some(Bytes::from(vec![seed; 32])),
        ..MeshNodeConfig::new("127.0.0.1:0".to_owned(), PSK.to_owned())
    };
    MeshNode::create(config).await.expect("a node")
}

impl Two {
    async fn new(to: &MeshNode) -> Self {
        let from = node(1).await;
        let (address, key, id) = (to.local_addr(), to.public_key(), to.node_id().expect("an id"));
        from.connect(address.expect("an address"), key.expect("a key"), id).await.expect("a session");
        let events = to.receive(ReceiveOptions::default()).expect("a reader");
        let config = StreamConfig { reliability: Reliability::Reliable, ..StreamConfig::new(1) };
        let stream = from.open_stream(id, config).expect("a stream");
        Self { from, stream, events, handed: 0 }
    }

    /// Sends a batch so many times; each is read before the next one is sent.
    async fn exchange(&mut self, message: &Bytes, batches: usize) {
        for _ in 0..batches {
            let sent = self.from.send_blocking(Arc::clone(&self.stream), vec![message.clone(); BATCH]);
            sent.await.expect("room");
            self.handed += 1;
            let mut left = BATCH;
            while left > 0 {
                let read = self.events.next(left as u32).await.expect("messages");
                left -= read.len();
                self.handed += 1 + read.len();
            }
        }
    }
}

/// One test, so that nothing else allocates meanwhile.
#[tokio::test]
async fn between_the_socket_and_the_queue_nothing_is_allocated_for_a_packet() {
    // Whatever is longer than a packet is put together in memory of its own, and so has some for each message.
    for (length, batches, for_each) in [(64, 2_000, 0), (1_000, 1_000, 0), (20_000, 200, 3)] {
        let to = node(2).await;
        let mut two = Two::new(&to).await;
        let message = Bytes::from(vec![7; length]);
        // Until all queues have their size.
        two.exchange(&message, 2 * batches).await;
        two.handed = 0;
        let region = Region::new(GLOBAL);
        two.exchange(&message, batches).await;
        let change = region.change();
        let allocations = change.allocations + change.reallocations;
        let messages = batches * BATCH;
        let rest = allocations.saturating_sub(two.handed);
        // Timers, gossip and what has to grow once more.
        let most = messages * for_each + messages / 20;
        assert!(
            rest <= most,
            "{rest} allocations for {messages} messages of {length} bytes, beside {} that are handed over",
            two.handed
        );
    }
}
