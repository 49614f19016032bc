//! Runs `net log` on logs that are whole, damaged, and being written.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Output, Stdio},
};

use net_log::{Config, Folder, Log};
use net_types::wire::redex::RedexSegment;

/// 2026-01-01.
const NOW: u64 = 1_767_225_600_000_000_000;

const LOG_ID: u64 = 0x0123_4567_89ab_cdef;

/// Bytes in front of the first record of a segment, and in front of each payload.
const START: usize = RedexSegment::SIZE;
const HEADER: usize = 24;

/// A folder in which a log is `log`.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("log")).expect("a folder");
        Self(path)
    }

    fn open(&self) -> Log<Folder> {
        self.open_with(120)
    }

    fn open_with(&self, segment_bytes: u64) -> Log<Folder> {
        let config = Config { segment_bytes, ..Config::default() };
        Log::open(Folder::new(self.0.join("log")), config, NOW, LOG_ID).expect("a log")
    }

    /// A log of 10 events in 3 segments, which is closed.
    fn closed(name: &str) -> Self {
        let place = Self::new(name);
        let mut log = place.open();
        fill(&mut log, 0..10);
        log.close().expect("closed");
        place
    }

    /// The segments in the order of their numbers.
    fn segments(&self) -> Vec<PathBuf> {
        let files =
            fs::read_dir(self.0.join("log")).expect("files").map(|entry| entry.expect("a file").path());
        let mut segments: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|extension| extension == "seg")).collect();
        segments.sort_unstable();
        segments
    }

    fn flip(&self, segment: usize, offset: usize) {
        let path = &self.segments()[segment];
        let mut bytes = fs::read(path).expect("bytes");
        bytes[offset] ^= 4;
        fs::write(path, bytes).expect("written");
    }

    fn command(&self, words: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_net"));
        command.current_dir(&self.0).args(words.split_whitespace());
        command
    }

    /// What a user sees.
    fn net(&self, words: &str) -> String {
        shown(&self.command(words).output().expect("the program runs"))
    }

    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files =
            fs::read_dir(self.0.join("log")).expect("files").map(|entry| entry.expect("a file").path());
        let mut files: Vec<_> = files.filter(|path| !path.ends_with("lock")).collect();
        files.sort_unstable();
        files.into_iter().map(|path| (path.clone(), fs::read(path).expect("bytes"))).collect()
    }
}

fn fill(log: &mut Log<Folder>, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let payload = format!("{{\"token\":\"t{number}\"}}");
        log.append(&[payload.as_bytes()], NOW + number * 1_000_000_000).expect("appended");
    }
}

fn shown(output: &Output) -> String {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let status = output.status.code().map_or_else(|| "a signal".to_owned(), |code| code.to_string());
    format!("{stdout}--- standard error\n{stderr}--- exit status {status}\n")
}

#[test]
fn a_whole_log() {
    let place = Place::closed("whole");
    insta::assert_snapshot!("inspect", place.net("log inspect log"));
    insta::assert_snapshot!("inspect_json", place.net("log inspect log --json"));
    insta::assert_snapshot!("verify", place.net("log verify log"));
    insta::assert_snapshot!("verify_json", place.net("log verify log --json"));
    insta::assert_snapshot!("verify_progress", place.net("log verify log --progress"));
    insta::assert_snapshot!("repair_nothing", place.net("log repair log"));
    insta::assert_snapshot!("tail", place.net("log tail log -n 3"));
    insta::assert_snapshot!("tail_from", place.net("log tail log --from 8 --json"));
    insta::assert_snapshot!("tail_behind_the_end", place.net("log tail log --from 10"));
}

#[test]
fn exports_in_each_format() {
    let place = Place::new("formats");
    let mut log = place.open();
    log.append(&[b"text", "\u{fc}\"\n".as_bytes()], NOW).unwrap();
    log.append(&[&[0xff, 0x00], b""], NOW).unwrap();
    log.close().unwrap();
    insta::assert_snapshot!("export_jsonl", place.net("log export log"));
    insta::assert_snapshot!("export_hex", place.net("log export log --format hex"));
    insta::assert_snapshot!("export_range", place.net("log export log --from 1 --to 2 --json"));
    let raw = place.command("log export log --format raw").output().unwrap().stdout;
    assert_eq!(raw, b"text\xc3\xbc\"\n\xff\x00");
    let lines = place.command("log export log --format lines --to 0").output().unwrap().stdout;
    assert_eq!(lines, b"text\n");
    insta::assert_snapshot!("tail_of_any_bytes", place.net("log tail log"));
}

#[test]
fn a_flipped_bit() {
    let place = Place::closed("flipped");
    place.flip(1, START + HEADER + 3);
    insta::assert_snapshot!("flipped_verify", place.net("log verify log"));
    insta::assert_snapshot!("flipped_verify_json", place.net("log verify log --json"));
    insta::assert_snapshot!("flipped_export", place.net("log export log"));
    insta::assert_snapshot!("flipped_tail", place.net("log tail log"));
    let before = place.files();
    insta::assert_snapshot!("flipped_repair", place.net("log repair log"));
    insta::assert_snapshot!("flipped_repair_json", place.net("log repair log --json"));
    assert_eq!(place.files(), before, "without --apply nothing changes");
    insta::assert_snapshot!("flipped_repair_apply", place.net("log repair log --apply"));
    insta::assert_snapshot!("flipped_repaired", place.net("log verify log"));
    insta::assert_snapshot!("flipped_repaired_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("flipped_repaired_export", place.net("log export log"));
    let damaged = &before.iter().filter(|(path, _)| path.extension().unwrap() == "seg").nth(1).unwrap();
    let kept = fs::read(format!("{}.1.aside", damaged.0.display())).unwrap();
    assert_eq!(kept, damaged.1, "the damaged bytes are kept");
}

#[test]
fn a_torn_tail() {
    let place = Place::closed("torn");
    let last = place.segments().pop().unwrap();
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() - 5]).unwrap();
    insta::assert_snapshot!("torn_verify", place.net("log verify log"));
    insta::assert_snapshot!("torn_repair_apply", place.net("log repair log --apply"));
    insta::assert_snapshot!("torn_repaired", place.net("log verify log"));
}

#[test]
fn a_missing_segment() {
    let place = Place::closed("missing");
    fs::remove_file(&place.segments()[1]).unwrap();
    insta::assert_snapshot!("missing_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("missing_verify", place.net("log verify log"));
    insta::assert_snapshot!("missing_tail", place.net("log tail log --from 0"));
    insta::assert_snapshot!("missing_repair_apply", place.net("log repair log --apply --json"));
    insta::assert_snapshot!("missing_repaired", place.net("log verify log"));
}

#[test]
fn a_missing_last_segment() {
    let place = Place::closed("missing_last");
    fs::remove_file(place.segments().pop().unwrap()).unwrap();
    insta::assert_snapshot!("missing_last_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("missing_last_export", place.net("log export log --from 6"));
    insta::assert_snapshot!("missing_last_tail", place.net("log tail log"));
    insta::assert_snapshot!("missing_last_repair_apply", place.net("log repair log --apply"));
    insta::assert_snapshot!("missing_last_repaired", place.net("log export log --from 6"));
}

#[test]
fn a_log_without_events() {
    let place = Place::new("blank");
    place.open().close().unwrap();
    insta::assert_snapshot!("blank_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("blank_tail", place.net("log tail log"));
    insta::assert_snapshot!("blank_export", place.net("log export log"));
    insta::assert_snapshot!("blank_verify", place.net("log verify log"));
}

#[test]
fn a_damaged_head() {
    let place = Place::closed("damaged_head");
    let path = place.0.join("log/head");
    let mut head = fs::read(&path).unwrap();
    head[20] ^= 1;
    fs::write(&path, head).unwrap();
    insta::assert_snapshot!("damaged_head_verify", place.net("log verify log"));
    insta::assert_snapshot!("damaged_head_repair", place.net("log repair log --apply"));
}

#[test]
fn a_lost_head() {
    let place = Place::closed("headless");
    fs::remove_file(place.0.join("log/head")).unwrap();
    insta::assert_snapshot!("headless_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("headless_repair", place.net("log repair log"));
    insta::assert_snapshot!("headless_repair_apply", place.net("log repair log --apply"));
    insta::assert_snapshot!("headless_repaired", place.net("log export log"));
}

#[test]
fn a_newer_version() {
    let place = Place::closed("newer");
    let path = &place.segments()[1];
    let bytes = fs::read(path).unwrap();
    let newer = RedexSegment { format: 2, ..RedexSegment::decode(&bytes[..START]).unwrap() };
    fs::write(path, [newer.encode().unwrap(), bytes[START..].to_vec()].concat()).unwrap();
    insta::assert_snapshot!("newer_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("newer_verify", place.net("log verify log"));
    insta::assert_snapshot!("newer_export", place.net("log export log --json"));
}

#[test]
fn a_log_that_is_written() {
    let place = Place::new("live");
    let mut log = place.open();
    fill(&mut log, 0..10);
    insta::assert_snapshot!("live_inspect", place.net("log inspect log"));
    insta::assert_snapshot!("live_verify", place.net("log verify log"));
    insta::assert_snapshot!("live_export", place.net("log export log --from 9"));
    let holder = format!("process {}", std::process::id());
    let refused = place.net("log repair log --apply").replace(&holder, "process N");
    insta::assert_snapshot!("live_repair", refused);
    let refused = place.net("log repair log --apply --json").replace(&holder, "process N");
    insta::assert_snapshot!("live_repair_json", refused);
    insta::assert_snapshot!("live_repair_plan", place.net("log repair log"));
}

#[test]
fn mistakes_are_explained() {
    let place = Place::closed("mistakes");
    fs::create_dir_all(place.0.join("empty")).unwrap();
    insta::assert_snapshot!("no_log", place.net("log inspect empty"));
    insta::assert_snapshot!("no_log_but_one_below", place.net("log verify ."));
    insta::assert_snapshot!("a_file", place.net("log tail log/head"));
    insta::assert_snapshot!("nothing_there", place.net("log tail nothing --json"));
    insta::assert_snapshot!("no_command", place.net("log"));
    insta::assert_snapshot!("unknown_command", place.net("log verfy log"));
    insta::assert_snapshot!("wrong_number", place.net("log tail log --from first"));
    insta::assert_snapshot!("two_formats", place.net("log export log --json --format hex"));
}

#[test]
fn each_command_has_help() {
    let place = Place::new("help");
    insta::assert_snapshot!("help", place.net("--help"));
    insta::assert_snapshot!("help_log", place.net("log --help"));
    insta::assert_snapshot!("help_tail", place.net("log tail --help"));
    insta::assert_snapshot!("help_repair", place.net("log repair --help"));
    insta::assert_snapshot!("help_export", place.net("log export --help"));
}

#[cfg(unix)]
#[test]
fn a_tail_follows_until_it_is_interrupted() {
    use nix::{
        sys::signal::{Signal, kill},
        unistd::Pid,
    };
    let place = Place::new("follow");
    let mut log = place.open();
    fill(&mut log, 0..10);
    let mut command = place.command("log tail log --from 8 --follow");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    assert_eq!([line(), line()], [" 8  {\"token\":\"t8\"}", " 9  {\"token\":\"t9\"}"]);
    // Through more than one segment.
    fill(&mut log, 10..20);
    for number in 10..20 {
        assert_eq!(line(), format!("{number}  {{\"token\":\"t{number}\"}}"));
    }
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(shown(&output), "--- standard error\n--- exit status 0\n");
}

#[test]
fn a_reader_that_has_seen_enough_ends_an_export() {
    let place = Place::new("pipe");
    let mut log = place.open_with(1 << 20);
    fill(&mut log, 0..20_000);
    log.close().unwrap();
    let mut child =
        place.command("log export log").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(first, "{\"seq\":0,\"text\":\"{\\\"token\\\":\\\"t0\\\"}\"}\n");
    let output = child.wait_with_output().unwrap();
    assert_eq!(shown(&output), "--- standard error\n--- exit status 0\n");
}
