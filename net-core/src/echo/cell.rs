//! A box of one JSON value.

use super::lock;
use net_types::{Error, Json, api};
use std::sync::{Arc, Mutex};

/// A cell that keeps the JSON text of one value.
#[derive(Debug, Default)]
pub struct TypedCell {
    value: Mutex<Option<String>>,
}

impl api::TypedCell for TypedCell {
    fn new() -> Result<Arc<Self>, Error> {
        Ok(Arc::default())
    }

    fn put(&self, value: Json<'_>) -> Result<(), Error> {
        *lock(&self.value) = Some(value.text().to_owned());
        Ok(())
    }

    fn take(&self) -> Result<Option<String>, Error> {
        Ok(lock(&self.value).take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::TypedCell as _;

    #[test]
    fn gives_a_value_once() {
        let cell = TypedCell::new().unwrap();
        assert_eq!(cell.take().unwrap(), None);
        cell.put("1".into()).unwrap();
        cell.put("{\"a\":2}".into()).unwrap();
        assert_eq!(cell.take().unwrap().as_deref(), Some("{\"a\":2}"));
        assert_eq!(cell.take().unwrap(), None);
    }
}
