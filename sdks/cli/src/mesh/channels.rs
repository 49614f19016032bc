//! `net mesh channels`.

use std::io::{self, Write};

use net_inspect::{Channels, Heard, Registered};

use crate::{table::Table, text};

pub(super) fn write(out: &mut impl Write, channels: &Channels) -> io::Result<()> {
    write_registered(out, &channels.registered)?;
    writeln!(out)?;
    write_heard(out, &channels.heard)
}

fn write_registered(out: &mut impl Write, registered: &[Registered]) -> io::Result<()> {
    if registered.is_empty() {
        return writeln!(out, "The node has no channel.");
    }
    let mut table = Table::new(["CHANNEL", "FOR", "EVENTS", "TOKEN", ">PRIORITY", ">RATE", ">SUBSCRIBERS"]);
    for channel in registered {
        let name = if channel.prefix { format!("{}/...", channel.name) } else { channel.name.clone() };
        table.add([
            name,
            channel.visibility.clone(),
            if channel.reliable { "reliable" } else { "may be lost" }.to_owned(),
            if channel.require_token { "needed" } else { "-" }.to_owned(),
            channel.priority.to_string(),
            channel.max_rate_pps.map_or_else(|| "-".to_owned(), |rate| format!("{rate}/s")),
            channel.subscribers.to_string(),
        ]);
    }
    table.write(out)
}

fn write_heard(out: &mut impl Write, heard: &[Heard]) -> io::Result<()> {
    if heard.is_empty() {
        return writeln!(out, "The node hears no channel.");
    }
    let mut table = Table::new(["HEARD", "OF", ">UNREAD", ">BYTES", "NOTE"]);
    for channel in heard {
        table.add([
            channel.channel.clone(),
            channel.publisher.clone(),
            channel.waiting.to_string(),
            text::size(channel.waiting_bytes),
            channel.end.clone().unwrap_or_default(),
        ]);
    }
    table.write(out)
}
