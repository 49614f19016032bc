//! Congestion that the network marks instead of losing packets (RFC 9000, section 13.4).

/// Packets that are marked before the peer has confirmed one: a path may lose what is marked.
const TRIAL: u64 = 10;

/// Whether packets are marked as capable, and what the peer has counted of such.
#[derive(Debug)]
pub(super) struct Marking {
    is_agreed: bool,
    is_on: bool,
    sent: u64,
    is_confirmed: bool,
    /// Packets that came marked to the peer: as capable in either way, and as congested.
    counted: [u64; 3],
}

impl Marking {
    /// `is_agreed` if both sides count marks.
    pub(super) fn new(is_agreed: bool) -> Self {
        Self { is_agreed, is_on: is_agreed, sent: 0, is_confirmed: false, counted: [0; 3] }
    }

    /// Whether the next packets are marked.
    pub(super) fn is_due(&self) -> bool {
        self.is_on && (self.is_confirmed || self.sent < TRIAL)
    }

    /// A marked packet was sent.
    pub(super) fn sent(&mut self) {
        self.sent += 1;
    }

    /// The newest acknowledgement is of so many marked packets that were not acknowledged before, and brings the peer's
    /// counts. True if the network has marked congestion since. Counts that cannot be end the marking: somebody on the way
    /// removes marks, or makes them up.
    pub(super) fn acknowledged(&mut self, marked: u64, counts: Option<[u64; 3]>) -> bool {
        let Some(counts) = counts else {
            self.is_on &= marked == 0;
            return false;
        };
        let since = |at: usize| counts[at].checked_sub(self.counted[at]);
        let (Some(capable), Some(0), Some(congested)) = (since(0), since(1), since(2)) else {
            self.is_on = false;
            return false;
        };
        self.counted = counts;
        self.is_on &= capable + congested >= marked;
        self.is_confirmed |= marked > 0;
        self.is_on && congested > 0
    }

    /// The path is another, which is tried anew.
    pub(super) fn start_anew(&mut self) {
        (self.is_on, self.sent, self.is_confirmed) = (self.is_agreed, 0, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_loses_what_is_marked_is_tried_ten_times() {
        let mut marking = Marking::new(true);
        for _ in 0..TRIAL {
            assert!(marking.is_due());
            marking.sent();
        }
        assert!(!marking.is_due());
        assert!(!marking.acknowledged(1, Some([1, 0, 0])));
        assert!(marking.is_due(), "one came late");
    }

    #[test]
    fn congestion_is_told_once() {
        let mut marking = Marking::new(true);
        assert!(!marking.acknowledged(3, Some([3, 0, 0])));
        assert!(marking.acknowledged(3, Some([5, 0, 1])));
        assert!(!marking.acknowledged(1, Some([6, 0, 1])));
        assert!(marking.is_due());
    }

    #[test]
    fn counts_that_cannot_be_end_the_marking_until_the_path_changes() {
        for (marked, counts) in [
            (1, None),
            (1, Some([2, 0, 0])),
            (1, Some([3, 1, 0])),
            (1, Some([1, 0, 2])),
            (2, Some([3, 0, 0])),
        ] {
            let mut marking = Marking::new(true);
            marking.acknowledged(2, Some([2, 0, 0]));
            assert!(!marking.acknowledged(marked, counts), "{counts:?}");
            assert!(!marking.is_due(), "{counts:?}");
            marking.start_anew();
            assert!(marking.is_due());
        }
        assert!(!Marking::new(false).is_due());
    }
}
