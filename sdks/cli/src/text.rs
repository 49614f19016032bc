//! Sizes, times and numbers as a person reads them.

use std::borrow::Cow;

use time::OffsetDateTime;

const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Bytes, in the unit in which the figure is short.
pub(crate) fn size(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut figure = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What is rounded up to 1024.0 is one of the next unit.
    while figure >= 1023.95 && unit + 1 < UNITS.len() {
        figure /= 1024.0;
        unit += 1;
    }
    format!("{figure:.1} {}", UNITS[unit])
}

/// Nanoseconds since the Unix epoch as a time in UTC, to the second.
pub(crate) fn time(nanos: u64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(nanos.into()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, (hour, minute, second)) = (time.date(), time.to_hms());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The numbers from one to, and without, another.
pub(crate) fn numbers(first: u64, end: u64) -> String {
    match end.checked_sub(first) {
        None | Some(0) => "none".to_owned(),
        Some(1) => first.to_string(),
        Some(_) => format!("{first} to {}", end - 1),
    }
}

/// Milliseconds, in the two units that say most.
pub(crate) fn span(millis: u64) -> String {
    let seconds = millis / 1_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match () {
        () if days > 0 => format!("{days} d {} h", hours % 24),
        () if hours > 0 => format!("{hours} h {} min", minutes % 60),
        () if minutes > 0 => format!("{minutes} min {} s", seconds % 60),
        () => format!("{seconds}.{} s", millis / 100 % 10),
    }
}

/// A text in which nothing commands a terminal.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character.is_control() {
            true => escaped.extend(character.escape_default()),
            false => escaped.push(character),
        }
    }
    Cow::Owned(escaped)
}

/// So many of something.
pub(crate) fn count(many: u64, one: &str) -> String {
    format!("{many} {one}{}", if many == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 1023, 1024, 1536, 1024 * 1024 - 1, 1 << 20, u64::MAX].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "1.0 MiB", "16.0 EiB"]);
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(time(0), "1970-01-01T00:00:00Z");
        assert_eq!(time(951_782_399_999_999_999), "2000-02-28T23:59:59Z");
        assert_eq!(time(951_782_400_000_000_000), "2000-02-29T00:00:00Z");
        assert_eq!(time(u64::MAX), "2554-07-21T23:34:33Z");
    }

    #[test]
    fn spans_have_two_units() {
        let spans = [0, 1_950, 61_000, 3_600_000, 90_061_000].map(span);
        assert_eq!(spans, ["0.0 s", "1.9 s", "1 min 1 s", "1 h 0 min", "1 d 1 h"]);
    }

    #[test]
    fn ranges_name_their_last_number() {
        assert_eq!([numbers(3, 3), numbers(3, 4), numbers(3, 9)], ["none", "3", "3 to 8"]);
        assert_eq!([count(1, "event"), count(2, "event")], ["1 event", "2 events"]);
    }
}
