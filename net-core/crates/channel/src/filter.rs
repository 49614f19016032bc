//! What nodes are asked for.

use crate::{Capabilities, tag::canonical};
use std::collections::BTreeSet;

/// What a node has to have; what says nothing asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// All of these tags, whichever separator they have.
    pub require_tags: Vec<String>,
    /// One of these models.
    pub require_models: Vec<String>,
    /// One of these tools.
    pub require_tools: Vec<String>,
    /// All of these modalities, each by some model.
    pub require_modalities: Vec<String>,
    /// A graphics processor.
    pub require_gpu: bool,
    /// A graphics processor of this vendor.
    pub gpu_vendor: String,
    /// A graphics processor with so many MiB, of that vendor if one is named.
    pub min_vram_mb: u64,
    /// So many MiB of memory.
    pub min_memory_mb: u64,
    /// A model with a context of so many tokens.
    pub min_context_length: u64,
}

/// How much more some things count when the best node is looked for; each weighs between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Preferences {
    /// Memory, up to 256 GiB.
    pub memory: f64,
    /// Memory of the largest graphics processor, up to 80 GiB.
    pub vram: f64,
    /// Tokens in a second of the fastest model, up to 1,000.
    pub speed: f64,
    /// The part of the models that is in memory.
    pub loaded: f64,
}

/// MiB of a GiB.
const GIB: u64 = 1_024;

/// By what nodes are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Facet {
    Tag,
    Model,
    Tool,
    Modality,
    Vendor,
}

impl Facet {
    pub(crate) const COUNT: usize = 5;
}

/// What is kept of a node's capabilities to answer filters.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Facts {
    /// Vendor and memory in MiB of each graphics processor.
    gpus: Vec<(String, u64)>,
    memory_mb: u64,
    longest_context: u64,
    fastest: u64,
    models: usize,
    loaded: usize,
}

impl Facts {
    pub(crate) fn of(all: &Capabilities) -> Self {
        let gpus = all.hardware.gpus.iter();
        Self {
            gpus: gpus.map(|gpu| (gpu.vendor.to_lowercase(), gpu.vram_gb.saturating_mul(GIB))).collect(),
            memory_mb: all.hardware.memory_gb.saturating_mul(GIB),
            longest_context: all.models.iter().map(|model| model.context_length).max().unwrap_or(0),
            fastest: all.models.iter().map(|model| model.tokens_per_sec).max().unwrap_or(0),
            models: all.models.len(),
            loaded: all.models.iter().filter(|model| model.loaded).count(),
        }
    }

    /// How well a node suits: 1, and what each preference adds.
    pub(crate) fn score(&self, preferences: &Preferences) -> f64 {
        let part = |amount: u64, most: u64| (amount as f64 / most as f64).min(1.0);
        let vram = self.gpus.iter().map(|(_, vram)| *vram).max().unwrap_or(0);
        let loaded = if self.models == 0 { 0.0 } else { self.loaded as f64 / self.models as f64 };
        1.0 + preferences.memory * part(self.memory_mb, 256 * GIB)
            + preferences.vram * part(vram, 80 * GIB)
            + preferences.speed * part(self.fastest, 1_000)
            + preferences.loaded * loaded
    }
}

/// What a node is found by.
pub(crate) fn facets(all: &Capabilities, tags: &BTreeSet<String>) -> Vec<(Facet, String)> {
    let of = |facet: Facet, text: &String| (facet, text.clone());
    let modalities: BTreeSet<_> = all.models.iter().flat_map(|model| &model.modalities).collect();
    let mut facets: Vec<_> = tags.iter().map(|tag| of(Facet::Tag, tag)).collect();
    facets.extend(all.models.iter().map(|model| of(Facet::Model, &model.id)));
    facets.extend(all.tools.iter().map(|tool| of(Facet::Tool, &tool.id)));
    facets.extend(modalities.into_iter().map(|modality| of(Facet::Modality, modality)));
    facets.extend(all.hardware.gpus.iter().map(|gpu| (Facet::Vendor, gpu.vendor.to_lowercase())));
    facets
}

/// A filter, made ready to be asked of many nodes: of each group of texts a node has to have one.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) groups: Vec<(Facet, Vec<String>)>,
    needs_gpu: bool,
    vendor: String,
    vram_mb: u64,
    memory_mb: u64,
    context: u64,
}

impl Question {
    pub(crate) fn of(filter: &Filter) -> Self {
        let vendor = filter.gpu_vendor.to_lowercase();
        let each =
            |facet: Facet, texts: &[String]| texts.iter().map(|text| (facet, vec![text.clone()])).collect();
        let mut groups: Vec<_> =
            filter.require_tags.iter().map(|tag| (Facet::Tag, vec![canonical(tag).into_owned()])).collect();
        groups.extend::<Vec<_>>(each(Facet::Modality, &filter.require_modalities));
        for (facet, texts) in [(Facet::Model, &filter.require_models), (Facet::Tool, &filter.require_tools)] {
            if !texts.is_empty() {
                groups.push((facet, texts.clone()));
            }
        }
        if !vendor.is_empty() {
            groups.push((Facet::Vendor, vec![vendor.clone()]));
        }
        Self {
            groups,
            needs_gpu: filter.require_gpu,
            vendor,
            vram_mb: filter.min_vram_mb,
            memory_mb: filter.min_memory_mb,
            context: filter.min_context_length,
        }
    }

    /// Whether a node that is in all groups suits otherwise.
    pub(crate) fn suits(&self, facts: &Facts) -> bool {
        let suits = |(vendor, vram): &(String, u64)| {
            *vram >= self.vram_mb && (self.vendor.is_empty() || *vendor == self.vendor)
        };
        let asks_for_gpu = self.needs_gpu || self.vram_mb > 0 || !self.vendor.is_empty();
        facts.memory_mb >= self.memory_mb
            && facts.longest_context >= self.context
            && (!asks_for_gpu || facts.gpus.iter().any(suits))
    }
}
