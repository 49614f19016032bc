//! Messages that wait to be read, and by whom.

use std::collections::{BTreeMap, VecDeque};

use bytes::BytesMut;
use net_types::{identity::NodeId, mesh::MeshEvent};

/// Where messages of peers wait: in the queue of the reader that asked for them most narrowly, or in the common one.
///
/// Each queue has room for so many bytes. A message that there is no room for is left in its session, whose credit then
/// holds the sender back.
#[derive(Debug)]
pub(super) struct Queue {
    limit: u64,
    common: Line,
    readers: BTreeMap<ReaderId, Reader>,
    next_reader: u64,
    next_event: u64,
}

/// A reader that is open, or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReaderId(u64);

#[derive(Debug)]
struct Reader {
    peer: Option<NodeId>,
    stream: Option<u64>,
    line: Line,
}

#[derive(Debug, Default)]
struct Line {
    events: VecDeque<Waiting>,
    bytes: u64,
    /// Where short messages are kept: they are read in their order, so that no piece of it outlasts most of its messages.
    room: BytesMut,
}

/// A message that waits, without its id.
#[derive(Debug)]
struct Waiting {
    /// What becomes its id when it is handed out: text has memory of its own.
    number: u64,
    event: MeshEvent,
}

/// What an event costs beside its payload.
const OVERHEAD: u64 = 64;

impl Queue {
    /// Empty, with room for so many bytes in each queue.
    pub(super) fn new(limit: u64) -> Self {
        Self { limit, common: Line::default(), readers: BTreeMap::new(), next_reader: 0, next_event: 0 }
    }

    /// Opens a reader, which gets what has not been read yet of what it asks for.
    pub(super) fn open(&mut self, peer: Option<NodeId>, stream: Option<u64>) -> ReaderId {
        let id = ReaderId(self.next_reader);
        self.next_reader += 1;
        let mut reader = Reader { peer, stream, line: Line::default() };
        for Waiting { number, event } in std::mem::take(&mut self.common).events {
            let line =
                if reader.wants(event.sender, event.stream_id) { &mut reader.line } else { &mut self.common };
            line.push(number, event);
        }
        self.readers.insert(id, reader);
        id
    }

    /// Closes a reader; what it has not read goes to others.
    pub(super) fn close(&mut self, id: ReaderId) {
        let Some(reader) = self.readers.remove(&id) else { return };
        for Waiting { number, event } in reader.line.events {
            self.line_of(event.sender, event.stream_id).push(number, event);
        }
    }

    /// Closes every reader and forgets what waits.
    pub(super) fn clear(&mut self) {
        self.readers.clear();
        self.common = Line::default();
    }

    /// Whether a reader is open.
    pub(super) fn is_open(&self, id: ReaderId) -> bool {
        self.readers.contains_key(&id)
    }

    /// Whether there is room for a message of a stream.
    pub(super) fn has_room(&mut self, peer: NodeId, stream: u64) -> bool {
        let limit = self.limit;
        self.line_of(peer, stream).bytes < limit
    }

    /// Adds messages of a stream, whose bytes may be put into the room of their line; their numbers are drawn here.
    pub(super) fn extend<I: Iterator<Item = MeshEvent>>(
        &mut self,
        peer: NodeId,
        stream: u64,
        events: impl FnOnce(&mut BytesMut) -> I,
    ) {
        let mut next = self.next_event;
        let line = self.line_of(peer, stream);
        for event in events(&mut line.room) {
            line.push(next, event);
            next += 1;
        }
        self.next_event = next;
    }

    /// Draws the number of an event that does not wait here.
    pub(super) fn draw_number(&mut self) -> u64 {
        let number = self.next_event;
        self.next_event += 1;
        number
    }

    /// Number of the first message that no reader gets.
    pub(super) fn first_common(&self) -> Option<u64> {
        self.common.events.front().map(|waiting| waiting.number)
    }

    /// Takes messages that no reader gets.
    pub(super) fn take_common(&mut self, most: usize) -> Vec<MeshEvent> {
        self.common.take(most)
    }

    /// Takes messages of a reader.
    pub(super) fn take(&mut self, id: ReaderId, most: usize) -> Vec<MeshEvent> {
        self.readers.get_mut(&id).map(|reader| reader.line.take(most)).unwrap_or_default()
    }

    /// Messages that wait, and their bytes.
    pub(super) fn size(&self) -> (u64, u64) {
        let lines = self.readers.values().map(|reader| &reader.line).chain([&self.common]);
        lines.fold((0, 0), |(count, bytes), line| (count + line.events.len() as u64, bytes + line.bytes))
    }

    /// Messages of a stream that wait.
    pub(super) fn waiting(&self, peer: NodeId, stream: u64) -> u64 {
        let lines = self.readers.values().map(|reader| &reader.line).chain([&self.common]);
        let events = lines.flat_map(|line| &line.events).map(|waiting| &waiting.event);
        events.filter(|event| event.sender == peer && event.stream_id == stream).count() as u64
    }

    fn line_of(&mut self, peer: NodeId, stream: u64) -> &mut Line {
        let wanting = self.readers.values_mut().filter(|reader| reader.wants(peer, stream));
        // Of equals the last is found, which backwards is the one that was there first.
        match wanting.rev().max_by_key(|reader| reader.narrowness()) {
            Some(reader) => &mut reader.line,
            None => &mut self.common,
        }
    }
}

impl Reader {
    fn wants(&self, peer: NodeId, stream: u64) -> bool {
        self.peer.is_none_or(|wanted| wanted == peer) && self.stream.is_none_or(|wanted| wanted == stream)
    }

    fn narrowness(&self) -> u8 {
        u8::from(self.peer.is_some()) + u8::from(self.stream.is_some())
    }
}

impl Line {
    fn push(&mut self, number: u64, event: MeshEvent) {
        self.bytes += event.payload.len() as u64 + OVERHEAD;
        self.events.push_back(Waiting { number, event });
    }

    fn take(&mut self, most: usize) -> Vec<MeshEvent> {
        let taken = self.events.drain(..most.min(self.events.len()));
        let taken: Vec<_> =
            taken.map(|Waiting { number, event }| MeshEvent { id: number.to_string(), ..event }).collect();
        self.bytes -= taken.iter().map(|event| event.payload.len() as u64 + OVERHEAD).sum::<u64>();
        taken
    }
}
