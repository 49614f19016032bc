//! What a crossing costs below the languages. Prints times and asserts none.

use std::future::ready;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use net_support::{Queue, handles};

const ROUNDS: u32 = 200_000;
const IN_FLIGHT: u32 = 256;

fn main() {
    look_up();
    ready_futures();
    pending_futures();
}

fn look_up() {
    let handle = handles::put(Arc::new(5_u64));
    let rounds = 10_000_000;
    report("look up a handle", rounds, || {
        for _ in 0..rounds {
            black_box(handles::get::<u64>(black_box(handle)).is_ok());
        }
    });
    handles::free(handle);
}

fn ready_futures() {
    let (queue, _wakes) = queue();
    report("submit a ready future and drain it", ROUNDS, || {
        for n in 0..ROUNDS {
            queue.submit(ready(Ok(n)));
            queue.drain(9);
        }
    });
}

fn pending_futures() {
    let (queue, wakes) = queue();
    let rounds = ROUNDS / IN_FLIGHT * IN_FLIGHT;
    report("submit futures that wait, 256 in flight, and drain them", rounds, || {
        for _ in 0..ROUNDS / IN_FLIGHT {
            for n in 0..IN_FLIGHT {
                queue.submit(async move {
                    tokio::task::yield_now().await;
                    Ok(n)
                });
            }
            let mut done = 0;
            while done < IN_FLIGHT as usize {
                wakes.recv().expect("a wake");
                done += queue.drain(IN_FLIGHT as usize).len();
            }
        }
    });
}

fn queue() -> (Queue<u32>, Receiver<()>) {
    let (sender, wakes) = channel();
    let wake = move || {
        // Nobody waits any more at the end of a measurement.
        let _ = sender.send(());
    };
    (Queue::new(wake), wakes)
}

fn report(what: &str, rounds: u32, work: impl FnOnce()) {
    let start = Instant::now();
    work();
    println!("{:8.1} ns  {what}", start.elapsed().as_nanos() as f64 / f64::from(rounds));
}
