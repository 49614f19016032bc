//! Values of the caller's types as JSON text.

use super::finite;
use crate::{BaseError, Error};
use serde::{Serialize, de::DeserializeOwned};

/// Encodes compactly, fields in the order of the type.
pub(crate) fn encode(value: &(impl Serialize + ?Sized)) -> Result<String, Error> {
    let refused = |detail| BaseError::CodecEncode { detail };
    let text = serde_json::to_string(value).map_err(|error| refused(error.to_string()))?;
    // Only where there is a null can a number have been lost.
    if text.contains("null") {
        finite::check(value).map_err(|error| refused(error.to_string()))?;
    }
    Ok(text)
}

/// A text that [`encode`] wrote: JSON, unless it is nested so deeply that the core has to look at it.
pub(crate) fn written(text: &str) -> net_types::Json<'_> {
    let opens = || text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if text.len() > 2 * DEEP && opens() > DEEP { text.into() } else { net_types::Json::serialized(text) }
}

/// What is nested no deeper than this is never too deep.
const DEEP: usize = 128;

/// Decodes the whole text.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| BaseError::CodecDecode { detail: error.to_string() }.into())
}
