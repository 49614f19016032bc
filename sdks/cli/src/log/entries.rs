//! What stands in a log, as lines and bytes.

use std::{
    fmt::Write as _,
    io::{self, Write},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use net_log::{Entry, Inspection, Known, Reader, Step};
use net_types::redex::RedexError;
use serde::Serialize;

use super::source::Source;
use crate::{
    failure::{Failure, describe},
    progress::Watched,
    text,
};

/// Entries and bytes that are read at once.
const ENTRIES: usize = 256;
const BYTES: usize = 1 << 20;

/// Bytes of a payload that a person is shown.
const SHOWN: usize = 1000;

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A line each, for a person: a number of at least so many digits, and the payload.
    Text(usize),
    /// A JSON object each.
    Json,
    /// The payload and the end of a line.
    Lines,
    /// The payload.
    Raw,
    /// The number and the payload in hexadecimal.
    Hex,
}

/// A reader, and what it has met.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    source: &'a Source,
    reader: Reader<Watched>,
    form: Form,
    pub(super) is_damaged: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Damage {
        file: &'a str,
        offset: u64,
        first: u64,
        last: u64,
        reason: &'a str,
    },
    Lagged {
        first: u64,
        last: u64,
    },
    #[serde(untagged)]
    Text {
        seq: u64,
        text: &'a str,
    },
    #[serde(untagged)]
    Binary {
        seq: u64,
        base64: String,
    },
    #[serde(untagged)]
    Gap {
        seq: u64,
        skipped: u64,
    },
}

impl<'a> Entries<'a> {
    pub(super) const fn new(source: &'a Source, reader: Reader<Watched>, form: Form) -> Self {
        Self { source, reader, form, is_damaged: false }
    }

    /// Writes some of what there is; tells whether there was anything.
    pub(super) fn copy(&mut self, out: &mut impl Write) -> Result<bool, Failure> {
        let step = self.reader.read(ENTRIES, BYTES, Known::default());
        match step.map_err(|error| self.source.wrong(&error))? {
            Step::Entries(entries) => {
                entries.iter().try_for_each(|entry| self.form.write(out, entry))?;
                Ok(!entries.is_empty())
            }
            Step::Damaged(error) => {
                self.is_damaged = true;
                self.note(out, &error)
            }
            Step::Lagged(first, last) => self.note(out, &RedexError::Lagged { first, last }),
        }
    }

    /// Writes all that there is up to the end that an inspection has found, or another one before it.
    pub(super) fn copy_to(
        &mut self,
        out: &mut impl Write,
        end: u64,
        found: &Inspection,
    ) -> Result<(), Failure> {
        while self.copy(out)? {}
        let at = self.reader.at();
        if at < end {
            // Where segments or records are gone at the end, nothing stands behind them that a reader comes to.
            self.is_damaged = true;
            let (file, offset) =
                found.segments.last().map_or(("head", 0), |last| (last.file.as_str(), last.bytes));
            self.note(
                out,
                &RedexError::Corrupt {
                    file: format!("{}/{file}", self.source.path.display()),
                    offset,
                    first: at,
                    last: end - 1,
                    reason: "records are missing at the end".to_owned(),
                },
            )?;
        }
        out.flush()?;
        Ok(())
    }

    /// Tells of what stands in the place of entries.
    fn note(&self, out: &mut impl Write, error: &RedexError) -> Result<bool, Failure> {
        if self.form == Form::Json {
            match error {
                RedexError::Corrupt { file, offset, first, last, reason } => {
                    let (offset, first, last) = (*offset, *first, *last);
                    write_json(out, &Line::Damage { file, offset, first, last, reason })?;
                }
                RedexError::Lagged { first, last } => {
                    write_json(out, &Line::Lagged { first: *first, last: *last })?;
                }
                _ => {}
            }
        }
        // In the order of what a person sees.
        out.flush()?;
        let _ = writeln!(io::stderr(), "{}: {}", error.kind_text(), describe(error));
        Ok(true)
    }
}

impl Form {
    fn write(self, out: &mut impl Write, entry: &Entry) -> io::Result<()> {
        let Entry { seq, skipped, payload } = entry;
        match self {
            Self::Text(width) if *skipped > 0 => {
                let end = seq.saturating_add(*skipped);
                writeln!(out, "{seq:>width$}  (skipped: {})", text::numbers(*seq, end))
            }
            Self::Text(width) => writeln!(out, "{seq:>width$}  {}", shown(payload)),
            Self::Json => write_json(out, &line(entry)),
            _ if *skipped > 0 => Ok(()),
            Self::Lines => out.write_all(payload).and_then(|()| out.write_all(b"\n")),
            Self::Raw => out.write_all(payload),
            Self::Hex => writeln!(out, "{seq} {}", hex(payload)),
        }
    }
}

fn line(entry: &Entry) -> Line<'_> {
    let seq = entry.seq;
    match std::str::from_utf8(&entry.payload) {
        _ if entry.skipped > 0 => Line::Gap { seq, skipped: entry.skipped },
        Ok(text) => Line::Text { seq, text },
        Err(_) => Line::Binary { seq, base64: STANDARD.encode(&entry.payload) },
    }
}

fn write_json(out: &mut impl Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// A payload on one line: text as it is, anything else in hexadecimal. Nothing in it reaches a terminal as a command.
fn shown(payload: &[u8]) -> String {
    let cut = &payload[..payload.len().min(SHOWN)];
    let valid = match std::str::from_utf8(cut) {
        Ok(text) => Some(text),
        // A character that is cut in two.
        Err(error) if error.error_len().is_none() && cut.len() < payload.len() => {
            std::str::from_utf8(&cut[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    };
    let mut line = match valid {
        Some(text) => text::escaped(text).into_owned(),
        None => format!("0x{}", hex(cut)),
    };
    if payload.len() > SHOWN {
        let _ = write!(line, " ... ({} in all)", text::size(payload.len() as u64));
    }
    line
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_payload_commands_a_terminal() {
        assert_eq!(shown("tücke\u{1b}[2J\n\u{9b}".as_bytes()), "tücke\\u{1b}[2J\\n\\u{9b}");
        assert_eq!(shown(&[0xff, 0x00]), "0xff00");
    }

    #[test]
    fn long_payloads_are_cut_between_characters() {
        let line = shown("aü".repeat(400).as_bytes());
        assert!(line.ends_with("üa ... (1.2 KiB in all)"), "{line}");
    }
}
