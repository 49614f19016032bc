//! Values of the caller's types as JSON text.

use crate::{BaseError, Error};
use serde::{Serialize, de::DeserializeOwned};

/// Encodes compactly, fields in the order of the type.
pub(crate) fn encode(value: &(impl Serialize + ?Sized)) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| BaseError::CodecEncode { detail: error.to_string() }.into())
}

/// A text that [`encode`] wrote.
pub(crate) const fn written(text: &str) -> net_types::Json<'_> {
    net_types::Json::serialized(text)
}

/// Decodes the whole text.
pub(crate) fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| BaseError::CodecDecode { detail: error.to_string() }.into())
}
