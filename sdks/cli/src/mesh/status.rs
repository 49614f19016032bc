//! `net mesh status`.

use std::io::{self, Write};

use net_inspect::Status;

use crate::{table, text};

pub(super) fn write(out: &mut impl Write, status: &Status) -> io::Result<()> {
    let Status { queued, queued_bytes, .. } = status;
    table::write_facts(
        out,
        &[
            ("node", status.node_id.clone()),
            ("entity", status.entity_id.clone()),
            ("address", status.address.clone()),
            ("up", text::span(status.uptime_ms)),
            ("sessions", with(status.sessions, status.half_open, "under way")),
            ("routes", text::count(status.routes, "node")),
            ("announced", text::count(status.announced, "node")),
            ("channels", status.channels.to_string()),
            ("subscriptions", status.subscriptions.to_string()),
            ("unread", format!("{}, {}", text::count(*queued, "message"), text::size(*queued_bytes))),
            ("relayed", text::count(status.relayed, "packet")),
            ("dropped", text::count(status.dropped, "packet")),
            ("library", status.library.clone()),
        ],
    )
}

fn with(count: u64, more: u64, what: &str) -> String {
    if more == 0 { count.to_string() } else { format!("{count}, and {more} {what}") }
}
