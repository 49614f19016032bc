//! `net mesh find`.

use std::io::{self, Write};

use clap::Args;
use net_inspect::{Find, Found};

use super::Source;
use crate::table::Table;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// All of these tags
    #[arg(value_name = "TAG")]
    tags: Vec<String>,
    /// One of these models; may be given several times
    #[arg(long, value_name = "ID")]
    model: Vec<String>,
    /// One of these tools; may be given several times
    #[arg(long, value_name = "ID")]
    tool: Vec<String>,
    /// A graphics processor
    #[arg(long)]
    gpu: bool,
    /// A graphics processor of this vendor
    #[arg(long, value_name = "NAME")]
    gpu_vendor: Option<String>,
    /// A graphics processor with so much memory
    #[arg(long, value_name = "MIB", default_value_t = 0)]
    min_vram: u32,
    /// So much memory
    #[arg(long, value_name = "MIB", default_value_t = 0)]
    min_memory: u32,
    /// A model with a context of so many tokens
    #[arg(long, value_name = "TOKENS", default_value_t = 0)]
    min_context: u32,
    /// any, global-only, same-subnet, tenant:NAME or region:NAME; several names behind commas
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// Name at most so many nodes
    #[arg(short = 'n', long, value_name = "N", default_value_t = 1_000)]
    limit: u32,
    #[command(flatten)]
    pub(super) source: Source,
}

impl Arguments {
    pub(super) fn question(&self) -> Find {
        Find {
            tags: self.tags.clone(),
            models: self.model.clone(),
            tools: self.tool.clone(),
            min_memory_mb: self.min_memory,
            gpu: self.gpu,
            gpu_vendor: self.gpu_vendor.clone(),
            min_vram_mb: self.min_vram,
            min_context_length: self.min_context,
            scope: self.scope.clone(),
            limit: Some(self.limit),
        }
    }
}

pub(super) fn write(out: &mut impl Write, found: &Found) -> io::Result<()> {
    if found.total == 0 {
        return writeln!(out, "No node has announced that.");
    }
    let mut table = Table::new(["NODE", "MODELS", "TOOLS", "TAGS"]);
    for node in &found.nodes {
        let [models, tools, tags] = [&node.models, &node.tools, &node.tags].map(|names| names.join(" "));
        table.add([node.node_id.clone(), models, tools, tags]);
    }
    table.write(out)?;
    let more = found.total.saturating_sub(found.nodes.len() as u64);
    if more > 0 { writeln!(out, "and {more} more") } else { Ok(()) }
}
