//! What a directory has counted.

/// Why something was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Drop {
    /// Bytes that are no message, or no announcement.
    Malformed,
    /// A kind of message that is not known here.
    UnknownKind,
    /// A signature that does not hold.
    Forged,
    /// What is not newer than what is known.
    Old,
    /// An announcement whose time is over.
    Expired,
    /// An announcement of a second entity with the node id of another.
    NodeIdTaken,
    /// An origin or an issuer for which the table, or its neighbour's share of it, has no room.
    TableFull,
    /// A change of a state that is not known here; it is asked for.
    BaseUnknown,
    /// A change that does not give what it was made for.
    WrongResult,
    /// A signed body that is none.
    BadBody,
    /// An announcement in whose place a newer one came before it was its turn.
    Overtaken,
    /// A question beyond its neighbour's rate.
    TooManyQuestions,
    /// What waits beyond a neighbour's credit.
    Flood,
    /// What comes over a link that does not stand.
    NoSession,
}

impl Drop {
    /// Every reason.
    pub const ALL: [Self; 14] = [
        Self::Malformed,
        Self::UnknownKind,
        Self::Forged,
        Self::Old,
        Self::Expired,
        Self::NodeIdTaken,
        Self::TableFull,
        Self::BaseUnknown,
        Self::WrongResult,
        Self::BadBody,
        Self::Overtaken,
        Self::TooManyQuestions,
        Self::Flood,
        Self::NoSession,
    ];

    /// Its name in counters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKind => "unknown_kind",
            Self::Forged => "forged",
            Self::Old => "old",
            Self::Expired => "expired",
            Self::NodeIdTaken => "node_id_taken",
            Self::TableFull => "table_full",
            Self::BaseUnknown => "base_unknown",
            Self::WrongResult => "wrong_result",
            Self::BadBody => "bad_body",
            Self::Overtaken => "overtaken",
            Self::TooManyQuestions => "too_many_questions",
            Self::Flood => "flood",
            Self::NoSession => "no_session",
        }
    }
}

/// What a directory has counted since it was made.
#[derive(Debug, Clone, Default)]
pub struct Counters {
    /// Announcements that were sent to neighbours.
    pub announcements: u64,
    /// Revocations that were sent to neighbours.
    pub revocations: u64,
    /// Signatures that were checked.
    pub signatures: u64,
    /// Announcements that neighbours were asked for.
    pub pulls: u64,
    drops: [u64; Drop::ALL.len()],
}

impl Counters {
    /// How often something was dropped for a reason.
    pub fn dropped(&self, reason: Drop) -> u64 {
        self.drops[reason as usize]
    }

    pub(crate) fn drop(&mut self, reason: Drop) {
        self.drops[reason as usize] += 1;
    }
}
