//! What the peer has acknowledged.

use std::{cell::RefCell, collections::HashMap};

use net_types::wire::mesh::CarriedReceipt;
use tokio::sync::Notify;

/// How far the peer has the events of each shard.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    ends: RefCell<HashMap<u32, CarriedReceipt>>,
    came: Notify,
}

impl Receipts {
    /// Takes a receipt.
    pub(super) fn take(&self, receipt: CarriedReceipt) {
        self.ends.borrow_mut().insert(receipt.shard, receipt);
        self.came.notify_waiters();
    }

    /// Waits until the peer has all events of a shard below a number.
    pub(super) async fn come(&self, shard: usize, producer: u64, end: u64) {
        loop {
            let came = self.came.notified();
            let has_come = self
                .ends
                .borrow()
                .get(&(shard as u32))
                .is_some_and(|receipt| receipt.producer == producer && receipt.end >= end);
            if has_come {
                return;
            }
            came.await;
        }
    }
}
