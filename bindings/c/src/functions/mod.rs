//! The written functions of the C ABI; `gen` has those of the modules.

pub mod library;
pub mod queue;
