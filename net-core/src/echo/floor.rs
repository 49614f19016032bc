//! Calls that do nothing.

use net_types::{Error, Json, api, echo::Mark};
use std::sync::Arc;

/// An object whose methods do nothing.
#[derive(Debug)]
pub struct Floor;

impl api::Floor for Floor {
    fn new() -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self))
    }

    fn nothing(&self) -> Result<bool, Error> {
        Ok(true)
    }

    fn text(&self, _: &str) -> Result<bool, Error> {
        Ok(true)
    }

    fn data(&self, _: &[u8]) -> Result<bool, Error> {
        Ok(true)
    }

    fn data_key(&self, _: &[u8], _: Option<&str>) -> Result<bool, Error> {
        Ok(true)
    }

    fn data_hash(&self, _: &[u8], _: u64) -> Result<bool, Error> {
        Ok(true)
    }

    fn signed(_: &[u8], _: &[u8], _: &[u8]) -> Result<bool, Error> {
        Ok(true)
    }

    fn text_key(&self, _: &str, _: Option<&str>) -> Result<Mark, Error> {
        Ok(Mark { place: 0, at: 0 })
    }

    fn value_key(&self, _: Json<'_>, _: Option<&str>) -> Result<Mark, Error> {
        Ok(Mark { place: 0, at: 0 })
    }

    fn texts_key(&self, texts: &[&str], _: Option<&str>) -> Result<u32, Error> {
        Ok(u32::try_from(texts.len()).unwrap_or(u32::MAX))
    }

    fn chunks_key(&self, chunks: &[&[u8]], _: Option<&str>) -> Result<u32, Error> {
        Ok(u32::try_from(chunks.len()).unwrap_or(u32::MAX))
    }
}
