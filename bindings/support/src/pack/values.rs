//! Packs of times and errors.

use super::{Pack, Reader, Writer};
use crate::r#gen::{error_of, pack_fields};
use net_types::{BaseError, Date, Error, Timestamp};
use std::time::Duration;

impl Writer {
    /// Appends a span of time as a count of units of so many nanoseconds; beyond 64 bits, the greatest count.
    pub fn duration(&mut self, value: Duration, nanos: u64) {
        self.varint(u64::try_from(value.as_nanos() / u128::from(nanos)).unwrap_or(u64::MAX));
    }

    /// Appends a span of time, or none.
    pub fn optional_duration(&mut self, value: Option<Duration>, nanos: u64) {
        self.bool(value.is_some());
        value.into_iter().for_each(|value| self.duration(value, nanos));
    }
}

impl Reader<'_> {
    /// Reads a span of time as a count of units of so many nanoseconds.
    pub fn duration(&mut self, nanos: u64) -> Result<Duration, Error> {
        let count = self.varint()?;
        let per_second = 1_000_000_000 / nanos;
        let rest = u32::try_from(count % per_second * nanos).unwrap_or_default();
        Ok(Duration::new(count / per_second, rest))
    }
}

/// A span of time within a list or map, which counts units of so many nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<const NANOS: u64>(pub Duration);

impl<const NANOS: u64> Pack for Span<NANOS> {
    fn pack(&self, w: &mut Writer) {
        w.duration(self.0, NANOS);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.duration(NANOS).map(Self)
    }
}

impl<const NANOS: u64> Pack for Timestamp<NANOS> {
    fn pack(&self, w: &mut Writer) {
        w.varint(self.0);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.varint().map(Self)
    }
}

impl Pack for Date {
    fn pack(&self, w: &mut Writer) {
        w.zigzag(self.0);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        r.zigzag().map(Self)
    }
}

impl Pack for Error {
    fn pack(&self, w: &mut Writer) {
        w.varint(self.family().into());
        w.varint(self.kind().into());
        w.bool(self.retry());
        w.str(&self.to_string());
        self.detail().pack(w);
        pack_fields(self, w);
    }

    fn unpack(r: &mut Reader<'_>) -> Result<Self, Error> {
        let (family, kind) = (r.varint()?, r.varint()?);
        let _retry = r.bool()?;
        let message = r.str()?;
        let detail = Option::<String>::unpack(r)?;
        let mut fields = r.clone();
        r.record()?;
        let known = match (family.try_into(), kind.try_into()) {
            (Ok(family), Ok(kind)) => {
                error_of(family, kind, detail.as_deref().unwrap_or_default(), &mut fields)?
            }
            _ => None,
        };
        Ok(known.unwrap_or_else(|| BaseError::HostThrew { detail: message.to_owned() }.into()))
    }
}
