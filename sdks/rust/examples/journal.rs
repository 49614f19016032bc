//! Several writers, one append-only file on disk. However the program is ended, what it has said to be there is there again.
//!
//! ```text
//! journal DIRECTORY WRITERS       prints what is there; then appends, and prints what was acknowledged, until it is ended
//! journal DIRECTORY WRITERS lazy  the same, with the bytes left to the system: a loss of power may cost some of them
//! journal DIRECTORY 0             prints what is there
//! ```

use net_mesh::{Error, Redex, RedexFile, RedexFileConfig};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (directory, writers, lazy) = match &args[..] {
        [directory, writers] => (directory, writers, false),
        [directory, writers, mode] if mode == "lazy" => (directory, writers, true),
        _ => return Err("usage: journal DIRECTORY WRITERS [lazy]".into()),
    };
    // region open_file
    let redex = Redex::below(directory)?;
    let fsync_every_n = if lazy { None } else { Some(1) };
    let config = RedexFileConfig { persistent: true, fsync_every_n, ..Default::default() };
    let file = redex.open_file("journal", config)?;
    let run = file.next_seq()?;
    for event in file.read_range(0, run)? {
        match event.skipped {
            0 => println!("entry {} {}", event.seq, String::from_utf8_lossy(&event.payload)),
            count => println!("skipped {} {count}", event.seq),
        }
    }
    println!("next {run}");
    // endregion
    let writers: usize = writers.parse()?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..writers)
            .map(|writer| {
                scope.spawn({
                    let file = &file;
                    move || write(file, run, writer)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("a thread"))
    })?;
    Ok(file.close().await?)
}

/// Appends one entry, two, three, and so on in turn.
fn write(file: &RedexFile, run: u64, writer: usize) -> Result<(), Error> {
    for step in 0.. {
        let parts = 0..step % 3 + 1;
        let entries: Vec<_> =
            parts.map(|part| format!("{run}.{writer}.{step}.{part}{}", ".".repeat(step % 64))).collect();
        if let Some(first) = file.append_batch(&entries)? {
            println!("wrote {first} {writer} {step}");
        }
    }
    Ok(())
}
