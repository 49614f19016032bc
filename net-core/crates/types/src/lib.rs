//! Types, errors, layouts and contracts, generated from the interface spec.
#![forbid(unsafe_code)]

pub mod cursor;
mod derive;
mod r#gen;
mod json;
mod metrics;
mod source;
pub mod text;
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

/// The answer of what a build leaves out.
pub fn unsupported(feature: &str) -> Error {
    BaseError::Unsupported { feature: feature.to_owned() }.into()
}

/// Refuses what is asked for where the build leaves it out.
pub fn needs(feature: &str, is_on: bool, is_asked: bool) -> Result<(), Error> {
    if is_asked && !is_on { Err(unsupported(feature)) } else { Ok(()) }
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
