//! Messages for neighbours: what answers them, then revocations, then announcements.

use super::{Directory, table::Held};
use crate::{announcement::Kept, config::limits};
use net_gossip::Link;
use net_types::{
    capability::MAX_CAPABILITY_HOPS, identity::NodeId, route::GossipKind, wire::capability::AnnouncementPull,
};

impl Directory {
    /// The next message for a neighbour, if there is one and it takes any.
    pub(super) fn compose(&mut self, link: Link) -> Option<Vec<u8>> {
        let neighbour = self.neighbours.get_mut(&link).filter(|neighbour| neighbour.is_writable)?;
        if let Some(message) = neighbour.messages.pop_front() {
            return Some(message);
        }
        if !neighbour.pulls.is_empty() {
            let pulls = std::mem::take(&mut neighbour.pulls);
            self.counters.pulls += pulls.len() as u64;
            return Some(asked(pulls.into_iter()));
        }
        self.revocations_for(link).or_else(|| self.announcement_for(link))
    }

    fn revocations_for(&mut self, link: Link) -> Option<Vec<u8>> {
        let neighbour = self.neighbours.get_mut(&link)?;
        let mut message = vec![GossipKind::Revocations.tag()];
        let mut count = 0;
        while count < limits::REVOCATIONS
            && let Some(issuer) = neighbour.revocations.pop_first()
        {
            count += usize::from(self.revocations.write(&issuer, link, &mut message));
        }
        self.counters.revocations += count as u64;
        (count > 0).then_some(message)
    }

    /// The next announcement that a neighbour does not have: in full, unless it has what the newest one is a change of.
    fn announcement_for(&mut self, link: Link) -> Option<Vec<u8>> {
        let neighbour = self.neighbours.get_mut(&link)?;
        while let Some(node) = neighbour.news.pop_first() {
            let Some(entry) = self.table.get_mut(node).filter(|entry| !entry.has_newest.contains(link))
            else {
                continue;
            };
            let kept = match &entry.held {
                Held::Live { full, delta, .. } if delta.is_none() || !entry.has_full.contains(link) => {
                    entry.has_full.insert(link);
                    if delta.is_some() {
                        neighbour.news.insert(node);
                    } else {
                        entry.has_newest.insert(link);
                    }
                    full
                }
                Held::Live { delta: Some(kept), .. } | Held::Withdrawn(kept) | Held::Later(kept) => {
                    entry.has_newest.insert(link);
                    kept
                }
                Held::Live { .. } | Held::Expired => continue,
            };
            if kept.hops < MAX_CAPABILITY_HOPS {
                self.counters.announcements += 1;
                return Some(told(kept));
            }
        }
        None
    }
}

fn told(kept: &Kept) -> Vec<u8> {
    let mut message = vec![GossipKind::Announcement.tag()];
    kept.write(&mut message);
    message
}

fn asked(nodes: impl Iterator<Item = u64>) -> Vec<u8> {
    let mut message = vec![GossipKind::Pulls.tag()];
    for node in nodes {
        let pull = AnnouncementPull { node_id: NodeId(node) };
        message.extend(pull.encode().expect("every id has bytes"));
    }
    message
}
