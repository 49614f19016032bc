//! Collects what the SDK has, while the compiler looks at each thing.

use serde_json::{Map, Value, json};
use std::time::Duration;

/// Names, and `true` or the value of a constant.
#[derive(Default)]
pub(crate) struct List {
    names: Map<String, Value>,
}

impl List {
    /// A type.
    pub(crate) fn ty<T>(&mut self, name: &str) {
        let _ = size_of::<T>();
        self.has(&[name]);
    }

    /// A constant, which has to have a value.
    pub(crate) fn value(&mut self, name: &str, value: impl Into<Value>) {
        self.names.insert(name.to_owned(), value.into());
    }

    /// What a pattern takes apart.
    pub(crate) fn parts<T, R>(&mut self, _: impl Fn(&T) -> R, names: &[&str]) {
        self.has(names);
    }

    /// What stands as code beside this.
    pub(crate) fn has(&mut self, names: &[&str]) {
        self.names.extend(names.iter().map(|name| ((*name).to_owned(), true.into())));
    }

    /// The answer, under the name of the only package.
    pub(crate) fn finish(self) -> Value {
        json!({ "rust": self.names })
    }
}

/// A span of time as a number.
pub(crate) fn nanos(span: Duration) -> Value {
    json!(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX))
}
