//! Figures: the median of many samples, and how far they spread.

use serde::{Deserialize, Serialize};

/// Nanoseconds of one event or operation in one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// On the wall.
    pub(crate) wall: f64,
    /// Of all threads of the process.
    pub(crate) cpu: f64,
}

/// What rounds say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// The median: of processor time where a call does its work before it answers, else of time on the wall.
    pub(crate) nanos: f64,
    /// A quarter of the rounds is below.
    pub(crate) low: f64,
    /// A quarter of the rounds is above.
    pub(crate) high: f64,
    /// The median of time on the wall.
    pub(crate) wall: f64,
    /// The median of processor time.
    pub(crate) cpu: f64,
}

impl Figure {
    /// Puts samples together.
    pub(crate) fn of(samples: &[Sample], waits: bool) -> Self {
        let sorted = |of: fn(&Sample) -> f64| {
            let mut values: Vec<f64> = samples.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let (wall, cpu) = (sorted(|sample| sample.wall), sorted(|sample| sample.cpu));
        let counted = if waits { &wall } else { &cpu };
        Self {
            nanos: at(counted, 0.5),
            low: at(counted, 0.25),
            high: at(counted, 0.75),
            wall: at(&wall, 0.5),
            cpu: at(&cpu, 0.5),
        }
    }

    /// Whether two runs differ by more than they spread.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        const NOISE: f64 = 0.05;
        let apart = self.low > other.high || other.low > self.high;
        apart && (self.nanos / other.nanos - 1.0).abs() > NOISE
    }
}

fn at(sorted: &[f64], part: f64) -> f64 {
    let place = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

/// A number with three digits that count.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        size if !size.is_finite() => "-".into(),
        size if size >= 99_950.0 => format!("{:.0}k", value / 1e3),
        size if size >= 9_995.0 => format!("{:.1}k", value / 1e3),
        size if size >= 99.95 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// Nanoseconds in the unit that fits.
pub(crate) fn span(nanos: f64) -> String {
    match nanos {
        nanos if nanos >= 999_500.0 => format!("{} ms", short(nanos / 1e6)),
        nanos if nanos >= 9_995.0 => format!("{} µs", short(nanos / 1e3)),
        _ => format!("{} ns", short(nanos)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(values: &[f64]) -> Figure {
        let samples: Vec<_> = values.iter().map(|cpu| Sample { wall: 2.0 * cpu, cpu: *cpu }).collect();
        Figure::of(&samples, false)
    }

    #[test]
    fn the_median_stands_for_the_rounds() {
        let figure = figure(&[5.0, 1.0, 2.0, 100.0, 3.0]);
        assert_eq!((figure.low, figure.nanos, figure.high), (2.0, 3.0, 5.0));
        assert_eq!((figure.wall, figure.cpu), (6.0, 3.0));
        let waits = Figure::of(&[Sample { wall: 9.0, cpu: 1.0 }], true);
        assert_eq!(waits.nanos, 9.0);
    }

    #[test]
    fn what_overlaps_does_not_differ() {
        let old = figure(&[10.0, 11.0, 12.0]);
        assert!(!figure(&[11.0, 12.0, 13.0]).differs(&old));
        assert!(figure(&[20.0, 21.0, 22.0]).differs(&old));
        assert!(!figure(&[12.1, 12.1, 12.1]).differs(&figure(&[12.0, 12.0, 12.0])));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.5, 12.34, 123.4, 12_340.0].map(short), ["0.50", "12.3", "123", "12.3k"]);
        assert_eq!(span(1234.0), "1234 ns");
        assert_eq!(span(50_000.0), "50.0 µs");
    }
}
