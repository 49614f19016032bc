//! Nothing grows with the number of calls.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests too")]

use futures_util::stream;
use net_mesh::echo::*;
use std::fs;
use std::sync::Arc;
use tokio::runtime::Handle;

const CALLS: usize = 100_000;
/// Until then buffers and pools have grown as far as they do.
const SETTLED: usize = 20_000;
/// How many KiB may come on top of that.
const GROWTH: usize = 8 << 10;

/// The memory that the process holds, in KiB, where the system tells it in a file.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").parse().unwrap())
}

/// One of the ways to use an object that a leak could hide in.
async fn use_one(number: usize, marker: &Arc<()>) {
    let made = EchoBox::new("text of a box").unwrap();
    assert!(made.push("more").unwrap());
    match number % 8 {
        0 => assert_eq!(made.read().await.unwrap(), "text of a boxmore"),
        1 => {
            let held = Arc::clone(marker);
            let map = move |value: i64| Ok(value + Arc::strong_count(&held) as i64);
            assert_eq!(map_numbers([1, 2], map).await.unwrap().len(), 2);
        }
        2 => assert_eq!(made.letters(None).unwrap().next().await.unwrap().unwrap(), "t"),
        3 => assert!(fail("rejected", "x").is_err()),
        4 => {
            let held = Arc::clone(marker);
            let never = move |_, _| {
                let held = Arc::clone(&held);
                async move {
                    std::future::pending::<()>().await;
                    drop(held);
                    unreachable!("nothing ends it")
                }
            };
            let request = Label { text: String::new(), color: Color::Red };
            tokio::select! {
                biased;
                answer = ask(never, request, "", None) => panic!("{answer:?}"),
                () = tokio::task::yield_now() => {}
            }
        }
        5 => assert!(made.pair(&made).unwrap().find("more").unwrap().is_some()),
        6 => assert_eq!(sum_stream(stream::iter([Ok(1), Ok(2)])).await, Ok(3)),
        _ => assert_eq!(made.watch(2).await.unwrap().numbers.next().await, Some(Ok(0))),
    }
}

#[tokio::test]
async fn a_hundred_thousand_calls_leave_nothing_behind() {
    let (marker, tasks) = (Arc::new(()), || Handle::current().metrics().num_alive_tasks());
    use_one(0, &marker).await;
    let (before, mut settled) = (tasks(), 0);
    for number in 0..CALLS {
        if number == SETTLED {
            settled = resident();
        }
        use_one(number, &marker).await;
    }
    let grown = resident().saturating_sub(settled);
    assert!(grown < GROWTH, "memory grew by {grown} KiB");
    while tasks() > before || Arc::strong_count(&marker) > 1 {
        tokio::task::yield_now().await;
    }
}
