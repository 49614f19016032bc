use std::{
    collections::HashMap,
    future::{pending, ready},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use tokio::sync::oneshot;

use super::*;
use crate::HostPort;

/// A queue with the receiver of its wakes.
fn queue<P: Send + 'static>() -> (Queue<P>, mpsc::Receiver<()>) {
    let (sender, wakes) = mpsc::channel();
    (Queue::new(move || _ = sender.send(())), wakes)
}

fn completed<P>(op: u64, result: Result<P, Error>) -> Event<P> {
    Event::Completed { op, result }
}

#[test]
fn a_ready_future_completes_before_submit_returns() {
    let (queue, wakes) = queue();
    let op = queue.submit(ready(Ok(5)));
    assert_eq!(queue.drain(9), [completed(op, Ok(5))]);
    assert!(wakes.try_recv().is_ok());
}

#[test]
fn a_pending_future_completes_later_on_the_runtime() {
    let (queue, wakes) = queue();
    let (sender, receiver) = oneshot::channel::<u32>();
    let op = queue.submit(async move { receiver.await.map_err(|_| fault::internal("no sender")) });
    assert_eq!((queue.pending(), queue.len()), (1, 0));
    sender.send(7).expect("a receiver");
    wakes.recv().expect("a wake");
    assert_eq!((queue.pending(), queue.len()), (1, 1));
    assert_eq!(queue.drain(9), [completed(op, Ok(7))]);
    assert_eq!(queue.pending(), 0);
}

#[test]
fn the_first_poll_may_use_timers_and_tasks() {
    let (queue, wakes) = queue();
    let op = queue.submit(async {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        tokio::spawn(ready(Ok(3))).await.map_err(|_| fault::internal("lost"))?
    });
    wakes.recv().expect("a wake");
    assert_eq!(queue.drain(9), [completed(op, Ok(3))]);
}

#[test]
fn one_wake_for_each_time_the_queue_fills() {
    let (queue, wakes) = queue();
    for n in 0..5 {
        queue.submit(ready(Ok(n)));
    }
    assert_eq!(wakes.try_iter().count(), 1);
    assert_eq!(queue.drain(3).len(), 3);
    queue.submit(ready(Ok(5)));
    assert_eq!(wakes.try_iter().count(), 0, "it was not empty");
    assert_eq!(queue.drain(9).len(), 3);
    queue.submit(ready(Ok(6)));
    assert_eq!(wakes.try_iter().count(), 1);
}

#[test]
fn a_panic_completes_with_internal() {
    let (queue, wakes) = queue::<()>();
    queue.submit(async { panic!("at the first poll") });
    queue.submit(async {
        tokio::task::yield_now().await;
        panic!("later")
    });
    let mut events = Vec::new();
    while events.len() < 2 {
        wakes.recv().expect("a wake");
        events.extend(queue.drain(9));
    }
    for event in events {
        let Event::Completed { result: Err(error), .. } = event else { panic!("{event:?}") };
        assert!(error.to_string().starts_with("internal: panic at "), "{error}");
    }
}

#[test]
fn cancelling_completes_once_with_cancelled() {
    let (queue, wakes) = queue::<()>();
    let op = queue.submit(pending());
    assert!(queue.cancel(op));
    wakes.recv().expect("a wake");
    assert!(!queue.cancel(op));
    assert_eq!(queue.drain(9), [completed(op, Err(fault::cancelled()))]);
}

#[test]
fn closing_completes_everything_and_refuses_more() {
    let (queue, wakes) = queue::<u8>();
    let (held, dropped) = mpsc::channel::<()>();
    let op = queue.submit(async move {
        let _held = held;
        pending().await
    });
    queue.close();
    assert_eq!(wakes.try_iter().count(), 1);
    assert_eq!(queue.drain(9), [completed(op, Err(fault::closed("the queue")))]);
    assert_eq!(dropped.recv(), Err(mpsc::RecvError), "the future is dropped");
    let late = queue.submit(ready(Ok(1)));
    assert_eq!(queue.drain(9), [completed(late, Err(fault::closed("the queue")))]);
    queue.close();
    queue.released(1);
    assert_eq!(queue.drain(9), []);
    assert_eq!(queue.pending(), 0);
}

#[test]
fn closing_answers_the_requests_that_wait() {
    let (queue, wakes) = queue::<u8>();
    let port = HostPort::<u8>::new(queue.clone(), 1);
    let (sender, answer) = mpsc::channel();
    ops::spawn(async move { port.call(1, 5).await }, move |_, result| _ = sender.send(result));
    wakes.recv().expect("a request");
    queue.close();
    assert_eq!(answer.recv(), Ok(Err(fault::handler_dropped())));
}

#[test]
fn a_wake_that_panics_harms_nobody() {
    let queue = Queue::new(|| panic!("in the host"));
    let op = queue.submit(ready(Ok(1)));
    assert_eq!(queue.drain(9), [completed(op, Ok(1))]);
}

/// Threads submit, cancel and answer while another drains: every operation ends exactly once, as it may.
#[test]
fn a_storm_loses_and_repeats_nothing() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 5_000;
    static HELD: AtomicUsize = AtomicUsize::new(0);

    struct Held;
    impl Drop for Held {
        fn drop(&mut self) {
            HELD.fetch_sub(1, Ordering::Relaxed);
        }
    }

    let (queue, wakes) = queue::<usize>();
    let submitter = |thread: usize| {
        let queue = queue.clone();
        move || {
            let mut sent = HashMap::new();
            for round in (0..ROUNDS).map(|round| round * THREADS + thread) {
                HELD.fetch_add(1, Ordering::Relaxed);
                let held = Held;
                let (sender, receiver) = oneshot::channel();
                let op = queue.submit(async move {
                    let _held = held;
                    match round % 5 {
                        0 => Ok(round),
                        1 => receiver.await.map_err(|_| fault::internal("no sender")),
                        2 => tokio::spawn(ready(Ok(round))).await.map_err(|_| fault::internal("lost"))?,
                        3 => pending().await,
                        _ => Err(fault::argument("round", "five")),
                    }
                });
                sent.insert(op, round);
                match round % 5 {
                    // The answer and the cancellation race.
                    1 => {
                        let answering = runtime_spawn(move || _ = sender.send(round));
                        queue.cancel(op);
                        drop(answering);
                    }
                    3 => assert!(queue.cancel(op)),
                    _ => {}
                }
            }
            sent
        }
    };
    let submitters: Vec<_> = (0..THREADS).map(|thread| thread::spawn(submitter(thread))).collect();

    let mut ends = HashMap::new();
    while ends.len() < THREADS * ROUNDS {
        wakes.recv().expect("a wake");
        loop {
            let events = queue.drain(64);
            let full = events.len() == 64;
            for event in events {
                let Event::Completed { op, result } = event else { panic!("{event:?}") };
                assert!(ends.insert(op, result).is_none(), "{op} ended twice");
            }
            if !full {
                break;
            }
        }
    }
    for submitter in submitters {
        for (op, round) in submitter.join().expect("no panic") {
            let end = ends.remove(&op).expect("an end");
            match round % 5 {
                0 | 2 => assert_eq!(end, Ok(round)),
                1 => assert!(end == Ok(round) || end == Err(fault::cancelled()), "{end:?}"),
                3 => assert_eq!(end, Err(fault::cancelled())),
                _ => assert_eq!(end, Err(fault::argument("round", "five"))),
            }
        }
    }
    assert!(ends.is_empty());
    assert_eq!((queue.pending(), queue.len()), (0, 0));
    assert_eq!(HELD.load(Ordering::Relaxed), 0, "every future is dropped before its end is told");
}

fn runtime_spawn(work: impl FnOnce() + Send + 'static) -> tokio::task::JoinHandle<()> {
    crate::runtime::handle().expect("a runtime").spawn(async { work() })
}
