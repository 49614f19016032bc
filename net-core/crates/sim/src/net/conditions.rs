//! What a link is like.

use crate::Chance;
use std::time::Duration;

/// What happens to datagrams in one direction between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// Least time on the way.
    pub delay: Duration,
    /// Most that is added; short times are added more often than long ones.
    pub jitter: Duration,
    /// Does not arrive.
    pub loss: Chance,
    /// Is marked as congested, if its sender heeds that.
    pub marking: Chance,
    /// Arrives twice.
    pub duplication: Chance,
    /// Arrives later than others that were sent after it.
    pub reordering: Chance,
    /// Arrives with a bit changed, or cut off.
    pub corruption: Chance,
    /// Longest datagram that gets through.
    pub mtu: usize,
}

impl Conditions {
    /// A link that loses nothing, with 2 to 4 ms of delay.
    pub const GOOD: Self = Self {
        delay: Duration::from_millis(2),
        jitter: Duration::from_millis(2),
        loss: Chance(0),
        marking: Chance(0),
        duplication: Chance(0),
        reordering: Chance(0),
        corruption: Chance(0),
        mtu: 1_500,
    };

    /// A link of the public network: 5 to 40 ms, 1 % lost, some reordered and doubled.
    pub const WIDE: Self = Self {
        delay: Duration::from_millis(5),
        jitter: Duration::from_millis(35),
        loss: Chance::percent(1),
        marking: Chance::percent(1),
        duplication: Chance(2_000),
        reordering: Chance::percent(1),
        corruption: Chance(100),
        mtu: 1_500,
    };

    /// A link that hardly works: 30 % lost, and a good part of the rest reordered, doubled or changed.
    pub const BAD: Self = Self {
        delay: Duration::from_millis(10),
        jitter: Duration::from_millis(60),
        loss: Chance::percent(30),
        marking: Chance::percent(1),
        duplication: Chance::percent(10),
        reordering: Chance::percent(20),
        corruption: Chance::percent(2),
        mtu: 1_500,
    };
}
