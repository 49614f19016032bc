//! What crosses a queue in either direction.

use crate::value::{Answer as Value, Arg, ToPy, Wrong};
use pyo3::prelude::*;
use std::any::Any;

/// What crosses a queue: how to build the value, and for calls how to read the answer. Holds nothing of Python's.
pub(crate) struct Payload {
    pub(crate) build: Box<dyn FnOnce(Python<'_>) -> Value + Send>,
    pub(crate) take: Option<Take>,
}

/// An answer of Python, as the method gives it.
pub(crate) type Answer = Box<dyn Any + Send>;

/// How an answer is read.
#[derive(Clone, Copy)]
pub(crate) struct Take {
    pub(crate) read: fn(Arg<'_, '_>) -> Result<Answer, Wrong>,
    /// Families whose errors reach the caller as they are.
    pub(crate) throws: &'static [u16],
}

impl Payload {
    /// The result of an operation.
    pub(crate) fn of<T: ToPy + Send + 'static>(value: T) -> Self {
        Self { build: Box::new(|py| value.to_py(py)), take: None }
    }
}
