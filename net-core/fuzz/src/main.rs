//! Every decoder and every parser, against whatever bytes a fuzzer thinks of.
//!
//! `NET_FUZZ_TARGET` names the target; without it the program lists the targets and ends. The fuzzer is libFuzzer, which
//! reads the command line.

#![no_main]

mod decoders;
mod parsers;
mod target;

use libfuzzer_sys::fuzz_target;
use std::process::exit;
use std::sync::OnceLock;
use target::Target;

static CHOSEN: OnceLock<Target> = OnceLock::new();

fuzz_target!(
    init: {
        choose();
    },
    |data: &[u8]| {
        if let Some(target) = CHOSEN.get() {
            (target.run)(data);
        }
    }
);

/// Takes the target that the environment names.
fn choose() {
    let all = || decoders::TARGETS.iter().chain(parsers::TARGETS);
    let Ok(name) = std::env::var("NET_FUZZ_TARGET") else {
        all().for_each(|target| println!("{}", target.name));
        exit(0);
    };
    let Some(target) = all().find(|target| target.name == name) else {
        eprintln!("there is no target `{name}`");
        exit(2);
    };
    CHOSEN.get_or_init(|| *target);
}
