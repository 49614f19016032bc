//! Types, errors, layouts and contracts, generated from the interface spec.
#![forbid(unsafe_code)]

pub mod cursor;
mod r#gen;
mod json;
mod metrics;
mod source;
mod time;

pub use base::BaseError;
pub use r#gen::*;
pub use json::Json;
pub use source::{BoxFuture, Source, Stream};
pub use time::{Date, Timestamp};

/// The error for a text that names no value of an enum.
pub(crate) fn unknown_text(what: &str, text: &str, known: impl Iterator<Item = &'static str>) -> Error {
    let known: Vec<_> = known.collect();
    BaseError::Argument {
        argument: what.to_owned(),
        reason: format!("`{text}` is none of {}", known.join(", ")),
    }
    .into()
}

/// The number in the text of an unknown value, `unknown:7`, in its one form.
#[doc(hidden)]
pub fn unknown_tag<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    let number = text.strip_prefix("unknown:")?;
    number.parse::<T>().ok().filter(|tag| tag.to_string() == number)
}

/// Refuses what lies outside a range.
pub(crate) fn in_range(
    argument: &str,
    value: Option<i128>,
    min: Option<i128>,
    max: Option<i128>,
) -> Result<(), Error> {
    let Some(value) = value else { return Ok(()) };
    let reason = match (min, max) {
        (Some(min), _) if value < min => format!("{value} is below {min}"),
        (_, Some(max)) if value > max => format!("{value} is above {max}"),
        _ => return Ok(()),
    };
    Err(BaseError::Argument { argument: argument.to_owned(), reason }.into())
}

/// Reads bytes from hex of either case. The error tells nothing of the text, which may be a key.
pub(crate) fn hex<const N: usize>(text: &str) -> Result<[u8; N], Error> {
    let digit = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let pairs = text.as_bytes().chunks(2).map(|pair| match *pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        let reason = format!("is not {N} bytes in hex");
        BaseError::Argument { argument: "text".to_owned(), reason }.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_either_case_and_length_counts() {
        assert_eq!(hex("00ffAb"), Ok([0, 255, 0xab]));
        for wrong in ["", "00ff", "00ffab0", "00ffab00", "0xffab", "00ff+a", "00ffä"] {
            assert!(hex::<3>(wrong).is_err(), "{wrong}");
        }
    }
}
