//! Capabilities in the form in which people write them, and the tags that they stand for.
//!
//! Each field that says something becomes a tag. The first graphics processor has the keys `gpu` and `gpu.<field>`, further
//! ones `gpu.1` and `gpu.1.<field>`. In names that are a part of a key, `%`, `=` and `:` are percent-encoded, in items of a
//! list `%` and `,`; so every name and every text comes back as it was.

mod fields;

use crate::{
    State,
    tag::{Axis, Tag},
};
use fields::{Part, escape, unescape};
use std::collections::{BTreeMap, BTreeSet};

/// What a node has and can do. Numbers that are 0 and texts that are empty say nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// What the machine has.
    pub hardware: Hardware,
    /// What runs on it.
    pub software: Software,
    /// Models that it serves.
    pub models: Vec<Model>,
    /// Tools that it offers.
    pub tools: Vec<Tool>,
    /// How much it takes.
    pub limits: Limits,
    /// Further tags.
    pub tags: BTreeSet<String>,
    /// Metadata.
    pub metadata: BTreeMap<String, String>,
}

/// What the machine has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hardware {
    /// Cores of the processor.
    pub cpu_cores: u64,
    /// Threads of the processor.
    pub cpu_threads: u64,
    /// Memory in GiB.
    pub memory_gb: u64,
    /// Storage in GiB.
    pub storage_gb: u64,
    /// What the network carries, in Gbit/s.
    pub network_gbps: u64,
    /// Graphics processors.
    pub gpus: Vec<Gpu>,
    /// Other accelerators.
    pub accelerators: Vec<Accelerator>,
}

/// A graphics processor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Gpu {
    /// Who makes it, in small letters.
    pub vendor: String,
    /// What it is called.
    pub model: String,
    /// Its memory in GiB.
    pub vram_gb: u64,
    /// Its compute units.
    pub compute_units: u64,
    /// Its tensor cores.
    pub tensor_cores: u64,
    /// Tenths of teraflops at 16 bits.
    pub fp16_tflops_x10: u64,
}

/// An accelerator that is no graphics processor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accelerator {
    /// What it is: `tpu`, `npu`, `fpga`, `asic`, `dsp`, or another word.
    pub kind: String,
    /// What it is called.
    pub model: String,
    /// Its memory in GiB.
    pub memory_gb: u64,
    /// Tenths of tera-operations in a second.
    pub tops_x10: u64,
}

/// What runs on the machine. A pair is a name and a version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Software {
    /// Operating system.
    pub os: String,
    /// Its version.
    pub os_version: String,
    /// Version of CUDA.
    pub cuda_version: String,
    /// Language runtimes.
    pub runtimes: BTreeSet<(String, String)>,
    /// Frameworks.
    pub frameworks: BTreeSet<(String, String)>,
    /// Drivers.
    pub drivers: BTreeSet<(String, String)>,
}

/// A model that is served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Model {
    /// Its id.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Tenths of billions of parameters.
    pub parameters_b_x10: u64,
    /// Tokens of its context.
    pub context_length: u64,
    /// How it is quantized.
    pub quantization: String,
    /// What it takes and gives: `text`, `image`, `audio`, `video`, `code`, `embedding`, `tool_use`, or other words.
    pub modalities: Vec<String>,
    /// Tokens in a second.
    pub tokens_per_sec: u64,
    /// Whether it is in memory.
    pub loaded: bool,
}

/// A tool that is offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tool {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// JSON schema of what it takes.
    pub input_schema: String,
    /// JSON schema of what it gives.
    pub output_schema: String,
    /// Tags that it needs.
    pub requires: Vec<String>,
    /// Milliseconds that it takes, about.
    pub estimated_time_ms: u64,
    /// Whether it keeps nothing from one call to the next.
    pub stateless: bool,
}

/// How much a node takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Limits {
    /// Requests at once.
    pub max_concurrent_requests: u64,
    /// Tokens of a request.
    pub max_tokens_per_request: u64,
    /// Requests in a minute.
    pub rate_limit_rpm: u64,
    /// Items of a batch.
    pub max_batch_size: u64,
    /// Bytes that a request may have.
    pub max_input_bytes: u64,
    /// Bytes that an answer may have.
    pub max_output_bytes: u64,
}

/// Starts of keys that go on with a name.
const PAIRS: [&str; 3] = ["runtime.", "framework.", "driver."];

impl Capabilities {
    /// The tags and the metadata that stand for it.
    pub fn to_state(&self) -> State {
        let mut tags = Tags(self.tags.clone());
        let mut all = self.clone();
        tags.part(Axis::Hardware, "", &mut all.hardware);
        for (at, gpu) in all.hardware.gpus.iter_mut().enumerate() {
            let key = if at == 0 { "gpu".to_owned() } else { format!("gpu.{at}") };
            tags.put(Axis::Hardware, &key, None);
            tags.part(Axis::Hardware, &format!("{key}."), gpu);
        }
        for (at, accelerator) in all.hardware.accelerators.iter_mut().enumerate() {
            tags.put(Axis::Hardware, &format!("accelerator.{at}"), None);
            tags.part(Axis::Hardware, &format!("accelerator.{at}."), accelerator);
        }
        tags.part(Axis::Hardware, "limits.", &mut all.limits);
        tags.part(Axis::Software, "", &mut all.software);
        for (prefix, (name, version)) in all.software.pairs() {
            tags.put(Axis::Software, &format!("{prefix}{}", escape(name, &['=', ':'])), Some(version));
        }
        for (at, model) in all.models.iter_mut().enumerate() {
            tags.part(Axis::Software, &format!("model.{at}."), model);
        }
        for (at, tool) in all.tools.iter_mut().enumerate() {
            tags.part(Axis::Software, &format!("tool.{at}."), tool);
        }
        for tool in self.tools.iter().rev() {
            for (what, schema) in
                [("input_schema", &tool.input_schema), ("output_schema", &tool.output_schema)]
            {
                if !schema.is_empty() {
                    all.metadata.insert(format!("tool::{}::{what}", tool.id), schema.clone());
                }
            }
        }
        State::new(tags.0, all.metadata)
    }

    /// What tags and metadata say. A tag that says nothing in this form, or contradicts one before it, is among `tags`.
    pub fn of_state(state: &State) -> Self {
        let mut reading = Reading::default();
        for text in state.tags() {
            if !reading.take(text) {
                reading.all.tags.insert(text.clone());
            }
        }
        let mut all = reading.finish();
        for (key, value) in state.metadata() {
            if !all.take_schema(key, value) {
                all.metadata.insert(key.clone(), value.clone());
            }
        }
        all
    }

    fn take_schema(&mut self, key: &str, value: &str) -> bool {
        let Some(rest) = key.strip_prefix("tool::").filter(|_| !value.is_empty()) else { return false };
        let (id, is_input) = match (rest.strip_suffix("::input_schema"), rest.strip_suffix("::output_schema"))
        {
            (Some(id), _) => (id, true),
            (_, Some(id)) => (id, false),
            _ => return false,
        };
        let mut is_taken = false;
        for tool in self.tools.iter_mut().filter(|tool| tool.id == id) {
            let schema = if is_input { &mut tool.input_schema } else { &mut tool.output_schema };
            *schema = value.to_owned();
            is_taken = true;
        }
        is_taken
    }
}

impl Software {
    fn pairs(&self) -> impl Iterator<Item = (&'static str, &(String, String))> {
        let sets = [&self.runtimes, &self.frameworks, &self.drivers];
        PAIRS.into_iter().zip(sets).flat_map(|(prefix, set)| set.iter().map(move |pair| (prefix, pair)))
    }

    fn set(&mut self, prefix: usize) -> &mut BTreeSet<(String, String)> {
        match prefix {
            0 => &mut self.runtimes,
            1 => &mut self.frameworks,
            _ => &mut self.drivers,
        }
    }
}

/// Tags that grow.
struct Tags(BTreeSet<String>);

impl Tags {
    fn put(&mut self, axis: Axis, key: &str, value: Option<&str>) {
        self.0.insert(match value {
            Some(value) => format!("{}.{key}={value}", axis.text()),
            None => format!("{}.{key}", axis.text()),
        });
    }

    fn part(&mut self, axis: Axis, prefix: &str, part: &mut dyn Part) {
        for (key, field) in part.fields() {
            if let Some(value) = field.text() {
                self.put(axis, &format!("{prefix}{key}"), Some(&value));
            }
        }
    }
}

/// Capabilities as far as they have been read; what is counted in tags may come in any order.
#[derive(Default)]
struct Reading {
    all: Capabilities,
    gpus: BTreeMap<u32, Gpu>,
    accelerators: BTreeMap<u32, Accelerator>,
    models: BTreeMap<u32, Model>,
    tools: BTreeMap<u32, Tool>,
}

impl Reading {
    /// Reads a tag; false if it says nothing here.
    fn take(&mut self, text: &str) -> bool {
        match Tag::parse(text) {
            Some(Tag::Present { axis: Axis::Hardware, key }) => self.take_present(key),
            Some(Tag::Value { axis: Axis::Hardware, key, value, .. }) => self.take_hardware(key, value),
            Some(Tag::Value { axis: Axis::Software, key, value, .. }) => self.take_software(key, value),
            _ => false,
        }
    }

    fn take_present(&mut self, key: &str) -> bool {
        if key == "gpu" {
            self.gpus.entry(0).or_default();
            return true;
        }
        if let Some(at) = key.strip_prefix("gpu.").and_then(place).filter(|at| *at > 0) {
            self.gpus.entry(at).or_default();
            return true;
        }
        let Some(at) = key.strip_prefix("accelerator.").and_then(place) else { return false };
        self.accelerators.entry(at).or_default();
        true
    }

    fn take_hardware(&mut self, key: &str, value: &str) -> bool {
        if let Some(key) = key.strip_prefix("limits.") {
            return set(&mut self.all.limits, key, value);
        }
        if let Some(rest) = key.strip_prefix("gpu.") {
            return match counted(rest) {
                Some((0, _)) => false,
                Some((at, key)) => set_in(&mut self.gpus, at, key, value),
                None => set_in(&mut self.gpus, 0, rest, value),
            };
        }
        if let Some((at, key)) = key.strip_prefix("accelerator.").and_then(counted) {
            return set_in(&mut self.accelerators, at, key, value);
        }
        set(&mut self.all.hardware, key, value)
    }

    fn take_software(&mut self, key: &str, value: &str) -> bool {
        if let Some((at, key)) = key.strip_prefix("model.").and_then(counted) {
            return set_in(&mut self.models, at, key, value);
        }
        if let Some((at, key)) = key.strip_prefix("tool.").and_then(counted) {
            return set_in(&mut self.tools, at, key, value);
        }
        for (at, prefix) in PAIRS.into_iter().enumerate() {
            if let Some(name) = key.strip_prefix(prefix) {
                let name = unescape(name).filter(|decoded| escape(decoded, &['=', ':']) == name);
                return name.is_some_and(|name| self.all.software.set(at).insert((name, value.to_owned())));
            }
        }
        set(&mut self.all.software, key, value)
    }

    fn finish(mut self) -> Capabilities {
        self.all.hardware.gpus = self.gpus.into_values().collect();
        self.all.hardware.accelerators = self.accelerators.into_values().collect();
        self.all.models = self.models.into_values().collect();
        self.all.tools = self.tools.into_values().collect();
        self.all
    }
}

/// Sets a field that says nothing yet; false if there is none, or if the text is not one of its kind.
fn set(part: &mut dyn Part, key: &str, value: &str) -> bool {
    let field = part.fields().into_iter().find(|(name, _)| *name == key);
    field.is_some_and(|(_, mut field)| field.set(value))
}

fn set_in<T: Part + Default>(parts: &mut BTreeMap<u32, T>, at: u32, key: &str, value: &str) -> bool {
    let is_new = !parts.contains_key(&at);
    let is_set = set(parts.entry(at).or_default(), key, value);
    if is_new && !is_set {
        parts.remove(&at);
    }
    is_set
}

/// A place in a list, and what follows it.
fn counted(text: &str) -> Option<(u32, &str)> {
    let (at, key) = text.split_once('.')?;
    Some((place(at)?, key))
}

/// A place in a list, in the one form that it has.
fn place(text: &str) -> Option<u32> {
    let at: u32 = text.parse().ok()?;
    (at.to_string() == text).then_some(at)
}

#[cfg(test)]
mod tests;
