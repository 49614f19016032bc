//! The C ABI of Net: handles, scalars, views and packs go in; results come back at once, by callback or on a queue.
#![allow(
    clippy::missing_safety_doc,
    reason = "what callers owe is the same for every function and stands once, at the top of the header"
)]
#![allow(clippy::too_many_arguments, reason = "the spec decides how many arguments a function has")]
#![cfg_attr(not(feature = "conformance"), allow(dead_code, reason = "only the echo module uses every form"))]

pub mod abi;
mod call;
pub mod functions;
pub mod r#gen;
mod host;
mod queue;
mod signal;
mod value;
