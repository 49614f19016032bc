//! Rust.
use super::Target;
use crate::{files::FileSet, ir::Api};
/// Rust.
#[derive(Debug)]
pub struct Rust;
impl Target for Rust { fn name(&self) -> &'static str { "rust" } fn render(&self, _api: &Api) -> anyhow::Result<FileSet> { Ok(FileSet::default()) } }
