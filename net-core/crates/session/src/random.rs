//! Where random numbers come from.

/// A source of random bytes: the operating system's, or a seeded one where a run is to be repeated.
pub trait Random: Send {
    /// Fills all of the bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// What is drawn from a source of random bytes.
pub(crate) trait Draw {
    /// A number.
    fn number(&mut self) -> u64;

    /// A number in `low..high`.
    fn between(&mut self, low: u64, high: u64) -> u64;

    /// So many bytes.
    fn array<const N: usize>(&mut self) -> [u8; N];
}

impl Draw for dyn Random + '_ {
    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.number() % (high - low)
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
