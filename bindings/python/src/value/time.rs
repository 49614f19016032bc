//! Spans and points of time.

use super::{Answer, Arg, FromPy, ToPy, Wrong, kernel};
use net_types::{Date, Timestamp};
use pyo3::prelude::*;
use std::time::Duration;

/// A duration as a count of so many nanoseconds.
pub(crate) struct Span<const NANOS: u64>(pub(crate) Duration);

impl<const NANOS: u64> FromPy<'_, '_> for Span<NANOS> {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let nanos = u128::from(u64::from_py(value)?) * u128::from(NANOS);
        let secs = u64::try_from(nanos / 1_000_000_000).map_err(|_| Wrong::of("is too long"))?;
        Ok(Self(Duration::new(secs, (nanos % 1_000_000_000) as u32)))
    }
}

impl<const NANOS: u64> ToPy for Span<NANOS> {
    fn to_py(self, py: Python<'_>) -> Answer {
        (self.0.as_nanos() / u128::from(NANOS)).to_py(py)
    }
}

/// A duration as seconds.
pub(crate) struct Seconds(pub(crate) Duration);

impl FromPy<'_, '_> for Seconds {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let seconds = f64::from_py(value)?;
        let span = Duration::try_from_secs_f64(seconds);
        span.map(Self).map_err(|_| Wrong::of(format!("{seconds} is no span of time in seconds")))
    }
}

impl ToPy for Seconds {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.0.as_secs_f64().to_py(py)
    }
}

impl<const NANOS: u64> FromPy<'_, '_> for Timestamp<NANOS> {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        u64::from_py(value).map(Self)
    }
}

impl<const NANOS: u64> ToPy for Timestamp<NANOS> {
    fn to_py(self, py: Python<'_>) -> Answer {
        self.0.to_py(py)
    }
}

impl FromPy<'_, '_> for Date {
    fn from_py(value: Arg<'_, '_>) -> Result<Self, Wrong> {
        let millis = kernel(value.py(), "dates", "millis_of")?.call1((value,))?;
        i64::from_py(&millis).map(Self)
    }
}

impl ToPy for Date {
    fn to_py(self, py: Python<'_>) -> Answer {
        Ok(kernel(py, "dates", "date_of")?.call1((self.0,))?.unbind())
    }
}
