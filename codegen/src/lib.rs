//! The compiler of the interface spec: documents, resolved interface, one printed model per target, templates.
#![forbid(unsafe_code)]

pub mod case;
pub mod cli;
pub mod coverage;
pub mod diag;
pub mod doc;
pub mod examples;
pub mod files;
pub mod fixtures;
pub mod fmt;
pub mod ir;
pub mod load;
pub mod mutation;
pub mod release;
pub mod resolve;
mod rustfmt;
pub(crate) mod spell;
pub mod targets;
pub mod tidy;

pub mod wire;
