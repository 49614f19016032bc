//! Types, errors, layouts and contracts, generated from the interface spec.

mod error;
mod source;

pub use error::{BaseError, Error};
pub use source::{BoxFuture, Source, Stream};
