//! Frames of data: what a stream has to send, written into a packet.

use super::{
    Open, ReliableOut, UnreliableOut,
    outgoing::{Form, OutgoingStream},
};
use crate::{
    frame::{DataForm, DataHead, WriteFrame},
    session::SentFrame,
    varint,
};
use std::collections::VecDeque;

impl OutgoingStream {
    pub(super) fn has_more(&self, credit: u64) -> bool {
        match &self.form {
            Form::Reliable(form) => form.is_ready(credit),
            Form::Unreliable(form) => form.is_ready(),
        }
    }

    /// Writes frames into a packet, and tells how many bytes were never sent before.
    pub(super) fn fill(
        &mut self,
        sid: u64,
        out: &mut Vec<u8>,
        end: usize,
        largest: usize,
        credit: u64,
        sent: &mut VecDeque<SentFrame>,
    ) -> u64 {
        let open = (!self.is_known).then_some(self.open);
        match &mut self.form {
            Form::Reliable(form) => fill_reliable(form, sid, open, out, end, credit, sent),
            Form::Unreliable(form) => {
                while fill_unreliable(form, sid, open, out, end, largest, sent) {}
                0
            }
        }
    }
}

/// Writes one range. It goes to the end of the packet if it fills it, else its length stands in front of it.
fn fill_reliable(
    form: &mut ReliableOut,
    sid: u64,
    open: Option<Open>,
    out: &mut Vec<u8>,
    end: usize,
    credit: u64,
    sent: &mut VecDeque<SentFrame>,
) -> u64 {
    let offset = form.next_offset();
    let head = DataHead { form: DataForm::Stream { offset, is_last: false }, sid, open }.size();
    let Some(room) = (end - out.len()).checked_sub(head).filter(|room| *room >= 8) else { return 0 };
    let available = form.available(room as u64, credit) as usize;
    let is_to_end = available == room;
    let length = if is_to_end { room } else { available.min(room - varint::size(room as u64)) };
    let Some(chunk) = form.next_chunk(length as u64, credit) else { return 0 };
    let head =
        DataHead { form: DataForm::Stream { offset: chunk.range.start, is_last: chunk.is_last }, sid, open };
    let length = (chunk.range.end - chunk.range.start) as usize;
    out.data(&head, (!is_to_end).then_some(length));
    form.read(chunk.range.clone(), out);
    sent.push_back(SentFrame::Stream {
        sid,
        offset: chunk.range.start,
        length: length as u32,
        is_last: chunk.is_last,
        has_open: open.is_some(),
    });
    chunk.new
}

/// Writes a batch or a piece; true if there may be more.
fn fill_unreliable(
    form: &mut UnreliableOut,
    sid: u64,
    open: Option<Open>,
    out: &mut Vec<u8>,
    end: usize,
    largest: usize,
    sent: &mut VecDeque<SentFrame>,
) -> bool {
    let size = |form| DataHead { form, sid, open }.size();
    let room = end - out.len();
    let probe = size(DataForm::Piece { sequence: varint::MAX, total: 1 << 20, offset: 1 << 20 });
    let Some(next) = form.next_form(room, probe, largest) else { return false };
    let head = DataHead { form: next, sid, open };
    let room = room - head.size();
    let written = if let DataForm::Batch { .. } = next {
        let (bytes, count) = form.batch(room - 4);
        out.data(&head, Some(bytes));
        form.write_batch(count, out)
    } else {
        let is_to_end = form.piece(room) == room;
        let length = if is_to_end { room } else { form.piece(room - 4) };
        out.data(&head, (!is_to_end).then_some(length));
        form.write_piece(length, out)
    };
    sent.push_back(SentFrame::Batch { sid, written, has_open: open.is_some() });
    form.is_ready()
}
