//! What an acknowledgement or a loss means for what was sent.

use super::{Control, SentFrame, StreamEvent, acks::Acks, recovery::Fate};
use crate::{
    stats::SessionStats,
    stream::{Outcome, Outgoing},
};
use std::collections::VecDeque;

/// The parts of a session that hear of it.
pub(super) struct Settling<'a> {
    pub(super) outgoing: &'a mut Outgoing,
    pub(super) acks: &'a mut Acks,
    pub(super) control: &'a mut Vec<Control>,
    pub(super) events: &'a mut VecDeque<StreamEvent>,
    pub(super) stats: &'a mut SessionStats,
}

impl Settling<'_> {
    pub(super) fn settle(&mut self, frame: SentFrame, fate: Fate) {
        match (frame, fate) {
            (SentFrame::Ack { low, high, written }, Fate::Acknowledged | Fate::Late) => {
                self.acks.known(low..high + 1, written);
            }
            (SentFrame::Control(control), Fate::Lost | Fate::Probed) => {
                if !self.control.contains(&control) {
                    self.control.push(control);
                }
            }
            // A probe repeats what is reliable; whether the rest is lost is not known yet.
            (SentFrame::Ack { .. } | SentFrame::Control(_), _) | (SentFrame::Batch { .. }, Fate::Probed) => {}
            (SentFrame::Stream { .. } | SentFrame::Batch { .. }, _) => self.stream(frame, fate),
        }
    }

    fn stream(&mut self, frame: SentFrame, fate: Fate) {
        let outcome = match fate {
            Fate::Acknowledged | Fate::Late => self.outgoing.acknowledge(frame, fate == Fate::Late),
            Fate::Lost | Fate::Probed => self.outgoing.lose(frame),
            Fate::Forgotten => return self.outgoing.forget(frame),
        };
        let Some(sid) = frame.sid() else { return };
        match outcome {
            Outcome::Nothing => {}
            Outcome::Delivered => self.events.push_back(StreamEvent::Delivered { sid }),
            Outcome::Lost(change) => {
                self.stats.messages_lost = self.stats.messages_lost.saturating_add_signed(change);
            }
        }
        if self.outgoing.settled(sid) {
            self.outgoing.remove(sid);
            self.control.push(Control::Reset { sid, code: 0, end: 0 });
            self.events.push_back(StreamEvent::Delivered { sid });
        }
    }
}
