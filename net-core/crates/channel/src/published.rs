//! Capabilities, filters, scopes and subnets in the forms of the interface, and what they are here.

use crate::{
    Capabilities, Filter, Preferences, ScopeFilter, State, SubnetId, SubnetPolicy, SubnetRule,
    capabilities::{Accelerator, Gpu, Hardware, Limits, Model, Software, Tool},
    config::limits,
    scope::names_scope,
    tag::{SCOPE, Tag, is_of_runtime},
};
use net_types::{
    Error,
    base::BaseError,
    capability::{
        self as interface, AcceleratorKind, CapabilityError, CapabilityFilter, CapabilityLimits,
        CapabilityRequirement, CapabilitySet, GpuInfo, GpuVendor, Modality, ModelCapability, SoftwarePair,
        SubnetError, ToolCapability,
    },
};
use std::{collections::BTreeSet, time::Duration};

impl From<CapabilitySet> for Capabilities {
    fn from(set: CapabilitySet) -> Self {
        Self {
            hardware: set.hardware.map(hardware).unwrap_or_default(),
            software: set.software.map(software).unwrap_or_default(),
            models: set.models.into_iter().map(model).collect(),
            tools: set.tools.into_iter().map(tool).collect(),
            limits: set.limits.as_ref().map(limits).unwrap_or_default(),
            tags: set.tags.into_iter().collect(),
            metadata: set.metadata,
        }
    }
}

/// What is announced of a set. `capability` for a tag that is empty, one that is the library's to say, one that names no
/// scope, and for what is above a limit.
pub fn state_of(set: CapabilitySet) -> Result<State, Error> {
    set.tags.iter().try_for_each(|tag| check_tag(tag))?;
    let state = Capabilities::from(set).to_state();
    let within = |part: &str, length: usize, limit: usize| match length > limit {
        true => Err(CapabilityError::TooLarge {
            part: part.to_owned(),
            length: length as u64,
            limit: limit as u64,
        }),
        false => Ok(()),
    };
    within("tags", state.tags().len(), limits::TAGS)?;
    within("pairs of metadata", state.metadata().len(), limits::PAIRS)?;
    state.tags().iter().try_for_each(|tag| within("bytes of a tag", tag.len(), limits::TAG))?;
    for (key, value) in state.metadata() {
        within("bytes of a key of metadata", key.len(), limits::KEY)?;
        within("bytes of a value of metadata", value.len(), limits::VALUE)?;
    }
    within("bytes in all", state.encode()?.len(), limits::BODY)?;
    Ok(state)
}

fn check_tag(tag: &str) -> Result<(), CapabilityError> {
    match Tag::parse(tag) {
        None => Err(CapabilityError::EmptyTag),
        Some(Tag::Reserved { prefix: SCOPE, body }) if !names_scope(body) => {
            Err(CapabilityError::UnknownScope { tag: tag.to_owned() })
        }
        Some(Tag::Reserved { prefix, .. }) if prefix != SCOPE => {
            Err(CapabilityError::ReservedTag { tag: tag.to_owned(), prefix: prefix.to_owned() })
        }
        Some(_) => Ok(()),
    }
}

/// What a node has announced, as the interface has it. Tags of which a typed part cannot hold what they say, since they name
/// a vendor that it does not know or a number that is too great, stay tags; those that are the library's to say are left out.
pub fn set_of(state: &State) -> CapabilitySet {
    let said = || state.tags().iter().filter(|tag| !is_of_runtime(tag)).cloned();
    let all = Capabilities::of_state(&State::new(said(), state.metadata().clone()));
    let mut set = typed(all);
    let told = Capabilities::from(set.clone()).to_state();
    let untold: BTreeSet<_> = said().filter(|tag| !told.tags().contains(tag)).collect();
    let tags: BTreeSet<_> = set.tags.drain(..).chain(untold).collect();
    set.tags = tags.into_iter().collect();
    set
}

impl From<CapabilityFilter> for Filter {
    fn from(filter: CapabilityFilter) -> Self {
        let greater = |gb: u32, mb: u32| u64::from(gb).saturating_mul(1_024).max(mb.into());
        Self {
            require_tags: filter.require_tags,
            require_models: filter.require_models,
            require_tools: filter.require_tools,
            require_modalities: filter.require_modalities.into_iter().map(word).collect(),
            require_gpu: filter.require_gpu,
            gpu_vendor: filter.gpu_vendor.map(|vendor| vendor.text().to_owned()).unwrap_or_default(),
            min_vram_mb: greater(filter.min_vram_gb, filter.min_vram_mb),
            min_memory_mb: greater(filter.min_memory_gb, filter.min_memory_mb),
            min_context_length: filter.min_context_length.into(),
        }
    }
}

impl TryFrom<&CapabilityRequirement> for Preferences {
    type Error = Error;

    /// `argument` for a weight that is not between 0 and 1.
    fn try_from(requirement: &CapabilityRequirement) -> Result<Self, Error> {
        let weight = |argument: &str, weight: f64| match (0.0..=1.0).contains(&weight) {
            true => Ok(weight),
            false => Err(wrong(argument, format!("{weight} is not between 0 and 1"))),
        };
        Ok(Self {
            memory: weight("prefer_more_memory", requirement.prefer_more_memory)?,
            vram: weight("prefer_more_vram", requirement.prefer_more_vram)?,
            speed: weight("prefer_faster_inference", requirement.prefer_faster_inference)?,
            loaded: weight("prefer_loaded_models", requirement.prefer_loaded_models)?,
        })
    }
}

impl TryFrom<interface::ScopeFilter> for ScopeFilter {
    type Error = Error;

    /// `argument` where a tenant or a region is not named.
    fn try_from(filter: interface::ScopeFilter) -> Result<Self, Error> {
        let named = |argument: &str, names: Vec<String>, of: fn(BTreeSet<String>) -> Self| match names
            .is_empty()
            || names.iter().any(String::is_empty)
        {
            true => Err(wrong(argument, "a name is missing".to_owned())),
            false => Ok(of(names.into_iter().collect())),
        };
        match filter {
            interface::ScopeFilter::Any => Ok(Self::Any),
            interface::ScopeFilter::GlobalOnly => Ok(Self::GlobalOnly),
            interface::ScopeFilter::SameSubnet => Ok(Self::SameSubnet),
            interface::ScopeFilter::Tenant { tenant } => named("tenant", vec![tenant], Self::Tenants),
            interface::ScopeFilter::Tenants { tenants } => named("tenants", tenants, Self::Tenants),
            interface::ScopeFilter::Region { region } => named("region", vec![region], Self::Regions),
            interface::ScopeFilter::Regions { regions } => named("regions", regions, Self::Regions),
        }
    }
}

/// The subnet of these levels; nothing if they say nothing, `subnet` if there are too few or too many, or one is too great.
pub fn subnet_of(subnet: &interface::SubnetId) -> Result<Option<SubnetId>, Error> {
    let count = subnet.levels.len();
    if !(1..=4).contains(&count) {
        return Err(SubnetError::InvalidDepth { count: count as u32 }.into());
    }
    let mut levels = Vec::with_capacity(count);
    for (at, value) in subnet.levels.iter().enumerate() {
        let level = u8::try_from(*value);
        levels.push(level.map_err(|_| SubnetError::InvalidLevel { index: at as u32, found: *value })?);
    }
    Ok(SubnetId::new(&levels).ok())
}

/// The policy of these rules; `subnet` for a rule that cannot hold.
pub fn policy_of(policy: &interface::SubnetPolicy) -> Result<SubnetPolicy, Error> {
    let mut rules = Vec::with_capacity(policy.rules.len());
    for (at, rule) in policy.rules.iter().enumerate() {
        let invalid = |reason: String| SubnetError::InvalidRule { rule: at as u32, reason };
        let value = |(rest, value): (&String, &u32)| match u8::try_from(*value) {
            Ok(value) if value > 0 => Ok((rest.clone(), value)),
            _ => Err(invalid(format!("the value of {rest:?} is {value}, and one is 1 to 255"))),
        };
        if rule.tag_prefix.is_empty() {
            return Err(invalid("its prefix is empty".to_owned()).into());
        }
        if rule.level > 3 {
            return Err(invalid(format!("its level is {}, and one is 0 to 3", rule.level)).into());
        }
        let values = rule.values.iter().map(value).collect::<Result<_, _>>()?;
        rules.push(SubnetRule::new(rule.tag_prefix.clone(), rule.level as usize, values)?);
    }
    Ok(SubnetPolicy::new(rules))
}

fn wrong(argument: &str, reason: String) -> Error {
    BaseError::Argument { argument: argument.to_owned(), reason }.into()
}

fn hardware(from: interface::Hardware) -> Hardware {
    Hardware {
        cpu_cores: from.cpu_cores.into(),
        cpu_threads: from.cpu_threads.into(),
        memory_gb: from.memory_gb.into(),
        storage_gb: from.storage_gb,
        network_gbps: from.network_gbps.into(),
        gpus: from.gpu.into_iter().chain(from.additional_gpus).map(gpu).collect(),
        accelerators: from.accelerators.into_iter().map(accelerator).collect(),
    }
}

fn gpu(from: GpuInfo) -> Gpu {
    Gpu {
        vendor: known(from.vendor.text()),
        model: from.model,
        vram_gb: from.vram_gb.into(),
        compute_units: from.compute_units.into(),
        tensor_cores: from.tensor_cores.into(),
        fp16_tflops_x10: from.fp16_tflops_x10.into(),
    }
}

fn accelerator(from: interface::Accelerator) -> Accelerator {
    Accelerator {
        kind: known(from.kind.text()),
        model: from.model,
        memory_gb: from.memory_gb.into(),
        tops_x10: from.tops_x10.into(),
    }
}

/// The text of a value that is announced: one that is unknown says nothing.
fn known(text: &str) -> String {
    if text == "unknown" { String::new() } else { text.to_owned() }
}

fn software(from: interface::Software) -> Software {
    let pairs = |pairs: Vec<SoftwarePair>| pairs.into_iter().map(|pair| (pair.name, pair.version)).collect();
    Software {
        os: from.os,
        os_version: from.os_version,
        cuda_version: from.cuda_version,
        runtimes: pairs(from.runtimes),
        frameworks: pairs(from.frameworks),
        drivers: pairs(from.drivers),
    }
}

fn model(from: ModelCapability) -> Model {
    Model {
        id: from.model_id,
        family: from.family,
        parameters_b_x10: from.parameters_b_x10.into(),
        context_length: from.context_length.into(),
        quantization: from.quantization,
        modalities: from.modalities.into_iter().map(word).collect(),
        tokens_per_sec: from.tokens_per_sec.into(),
        loaded: from.loaded,
    }
}

/// The word of a modality in tags.
fn word(modality: Modality) -> String {
    modality.text().replace('-', "_")
}

fn tool(from: ToolCapability) -> Tool {
    Tool {
        id: from.tool_id,
        name: from.name,
        version: from.version,
        input_schema: from.input_schema,
        output_schema: from.output_schema,
        requires: from.requires,
        estimated_time_ms: from.estimated_time.as_millis() as u64,
        stateless: from.stateless,
    }
}

fn limits(from: &CapabilityLimits) -> Limits {
    Limits {
        max_concurrent_requests: from.max_concurrent_requests.into(),
        max_tokens_per_request: from.max_tokens_per_request.into(),
        rate_limit_rpm: from.rate_limit_rpm.into(),
        max_batch_size: from.max_batch_size.into(),
        max_input_bytes: from.max_input,
        max_output_bytes: from.max_output,
    }
}

/// What of capabilities has a typed part; the others say nothing in it.
fn typed(all: Capabilities) -> CapabilitySet {
    let has_hardware = all.hardware != Hardware::default();
    let has_software = all.software != Software::default();
    let has_limits = all.limits != Limits::default();
    CapabilitySet {
        hardware: has_hardware.then(|| typed_hardware(all.hardware)),
        software: has_software.then(|| typed_software(all.software)),
        models: all.models.into_iter().map(typed_model).collect(),
        tools: all.tools.into_iter().map(typed_tool).collect(),
        tags: all.tags.into_iter().collect(),
        limits: has_limits.then(|| typed_limits(&all.limits)),
        metadata: all.metadata,
    }
}

fn typed_hardware(from: Hardware) -> interface::Hardware {
    let mut gpus = from.gpus.into_iter().map(typed_gpu);
    interface::Hardware {
        cpu_cores: fit(from.cpu_cores),
        cpu_threads: fit(from.cpu_threads),
        memory_gb: fit(from.memory_gb),
        gpu: gpus.next(),
        additional_gpus: gpus.collect(),
        storage_gb: from.storage_gb,
        network_gbps: fit(from.network_gbps),
        accelerators: from.accelerators.into_iter().map(typed_accelerator).collect(),
    }
}

/// A number that fits; otherwise none, which says nothing.
fn fit(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn typed_gpu(from: Gpu) -> GpuInfo {
    GpuInfo {
        vendor: from.vendor.parse().unwrap_or(GpuVendor::Unknown),
        model: from.model,
        vram_gb: fit(from.vram_gb),
        compute_units: fit(from.compute_units),
        tensor_cores: fit(from.tensor_cores),
        fp16_tflops_x10: fit(from.fp16_tflops_x10),
    }
}

fn typed_accelerator(from: Accelerator) -> interface::Accelerator {
    interface::Accelerator {
        kind: from.kind.parse().unwrap_or(AcceleratorKind::Unknown),
        model: from.model,
        memory_gb: fit(from.memory_gb),
        tops_x10: fit(from.tops_x10),
    }
}

fn typed_software(from: Software) -> interface::Software {
    let pairs = |pairs: BTreeSet<(String, String)>| {
        pairs.into_iter().map(|(name, version)| SoftwarePair { name, version }).collect()
    };
    interface::Software {
        os: from.os,
        os_version: from.os_version,
        runtimes: pairs(from.runtimes),
        frameworks: pairs(from.frameworks),
        cuda_version: from.cuda_version,
        drivers: pairs(from.drivers),
    }
}

fn typed_model(from: Model) -> ModelCapability {
    let modalities: Option<Vec<Modality>> = from
        .modalities
        .iter()
        .map(|word| Modality::ALL.iter().copied().find(|of| self::word(*of) == *word))
        .collect();
    ModelCapability {
        model_id: from.id,
        family: from.family,
        parameters_b_x10: fit(from.parameters_b_x10),
        context_length: fit(from.context_length),
        quantization: from.quantization,
        modalities: modalities.unwrap_or_default(),
        tokens_per_sec: fit(from.tokens_per_sec),
        loaded: from.loaded,
    }
}

fn typed_tool(from: Tool) -> ToolCapability {
    ToolCapability {
        tool_id: from.id,
        name: from.name,
        version: from.version,
        input_schema: from.input_schema,
        output_schema: from.output_schema,
        requires: from.requires,
        estimated_time: Duration::from_millis(from.estimated_time_ms),
        stateless: from.stateless,
    }
}

fn typed_limits(from: &Limits) -> CapabilityLimits {
    CapabilityLimits {
        max_concurrent_requests: fit(from.max_concurrent_requests),
        max_tokens_per_request: fit(from.max_tokens_per_request),
        rate_limit_rpm: fit(from.rate_limit_rpm),
        max_batch_size: fit(from.max_batch_size),
        max_input: from.max_input_bytes,
        max_output: from.max_output_bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn state(tags: &[&str]) -> State {
        State::new(tags.iter().map(|tag| text(tag)), [])
    }

    fn everything() -> CapabilitySet {
        let gpu = |vendor, vram_gb| GpuInfo {
            vendor,
            model: text("H100, 80 GB"),
            vram_gb,
            compute_units: 70_000,
            tensor_cores: 70_001,
            fp16_tflops_x10: 9_895,
        };
        let pair = |name: &str, version: &str| SoftwarePair { name: text(name), version: text(version) };
        CapabilitySet {
            hardware: Some(interface::Hardware {
                cpu_cores: 70_000,
                cpu_threads: 140_000,
                memory_gb: 64,
                gpu: Some(gpu(GpuVendor::Nvidia, 80)),
                additional_gpus: vec![gpu(GpuVendor::Amd, 24), GpuInfo::default()],
                storage_gb: 1 << 40,
                network_gbps: 100,
                accelerators: vec![interface::Accelerator {
                    kind: AcceleratorKind::Tpu,
                    model: text("v5"),
                    memory_gb: 16,
                    tops_x10: 3_940,
                }],
            }),
            software: Some(interface::Software {
                os: text("linux"),
                os_version: text("6.1"),
                runtimes: vec![pair("", "1"), pair("a=b:c", ""), pair("node.js", "20")],
                frameworks: vec![pair("torch", "2.3")],
                cuda_version: text("12.4"),
                drivers: vec![pair("nvidia", "550")],
            }),
            models: vec![ModelCapability {
                model_id: text("llama-3.1-70b"),
                family: text("llama"),
                parameters_b_x10: 700,
                context_length: 128_000,
                quantization: text("q4"),
                modalities: vec![Modality::Text, Modality::ToolUse],
                tokens_per_sec: 40,
                loaded: true,
            }],
            tools: vec![ToolCapability {
                tool_id: text("search"),
                name: text("Search"),
                version: text("1.0.0"),
                input_schema: text("{}"),
                output_schema: text("{\"type\":\"string\"}"),
                requires: vec![text("a,b"), text("")],
                estimated_time: Duration::from_millis(250),
                stateless: true,
            }],
            tags: vec![text("gpu"), text("hardware.colon:2"), text("scope:tenant:a")],
            limits: Some(CapabilityLimits {
                max_concurrent_requests: 8,
                max_tokens_per_request: 4_096,
                rate_limit_rpm: 600,
                max_batch_size: 32,
                max_input: 1 << 33,
                max_output: 1 << 34,
            }),
            metadata: [(text("owner"), text("ops"))].into(),
        }
    }

    #[test]
    fn what_is_announced_comes_back_as_it_was() {
        let set = everything();
        let announced = Capabilities::from(set.clone()).to_state();
        assert_eq!(set_of(&announced), set);
        assert_eq!(set_of(&State::default()), CapabilitySet::default());
    }

    #[test]
    fn what_cannot_be_announced_is_an_error() {
        let tagged = |tags: &[&str]| {
            let set =
                CapabilitySet { tags: tags.iter().map(|tag| text(tag)).collect(), ..Default::default() };
            state_of(set).map(|state| state.tags().len())
        };
        let sound = [
            "gpu",
            "hardware.gpu:1",
            "scope:tenant:a",
            "scope:region:eu",
            "scope:subnet-local",
            "scope:global",
        ];
        assert_eq!(tagged(&sound), Ok(6));
        for tag in [
            "",
            "heat:x",
            "causal:1",
            "fork-of:1",
            "scope:",
            "scope:tenant:",
            "scope:mine",
            &"t".repeat(1_025),
        ] {
            assert!(matches!(tagged(&[tag]), Err(Error::Capability(_))), "{tag:?}");
        }
        let told = |metadata: &[(String, String)]| {
            let set = CapabilitySet { metadata: metadata.iter().cloned().collect(), ..Default::default() };
            state_of(set).map(|state| state.metadata().len())
        };
        assert_eq!(told(&[(text("k"), "v".repeat(16_384))]), Ok(1));
        assert!(
            told(&[(text("k"), "v".repeat(16_385))]).is_err()
                && told(&[("k".repeat(257), text(""))]).is_err()
        );
        let both = [(text("a"), "v".repeat(16_384)), (text("b"), "v".repeat(16_384))];
        assert!(told(&both).is_err_and(|error| error.to_string().contains("bytes in all")));
    }

    #[test]
    fn limits_are_those_of_the_layouts() {
        let tags = |count: usize, length: usize| {
            (0..count).map(|number| format!("{number:04}{}", "t".repeat(length - 4))).collect::<Vec<_>>()
        };
        let pairs = |count: usize, key: usize, value: usize| {
            let pair = |number| (format!("{number:04}{}", "k".repeat(key - 4)), "v".repeat(value));
            (0..count).map(pair).collect::<BTreeMap<_, _>>()
        };
        let told = |tags: Vec<String>, metadata: BTreeMap<String, String>| {
            let is_laid_out = State::new(tags.clone(), metadata.clone()).encode().is_ok();
            let set = CapabilitySet { tags, metadata, ..Default::default() };
            let is_too_large = match state_of(set) {
                Ok(_) => false,
                Err(Error::Capability(CapabilityError::TooLarge { .. })) => true,
                Err(other) => panic!("{other}"),
            };
            (!is_too_large, is_laid_out)
        };
        let none = BTreeMap::new;
        let limits = [
            (told(tags(limits::TAGS, 4), none()), told(tags(limits::TAGS + 1, 4), none())),
            (told(tags(1, limits::TAG), none()), told(tags(1, limits::TAG + 1), none())),
            (told(vec![], pairs(limits::PAIRS, 4, 0)), told(vec![], pairs(limits::PAIRS + 1, 4, 0))),
            (told(vec![], pairs(1, limits::KEY, 0)), told(vec![], pairs(1, limits::KEY + 1, 0))),
            (told(vec![], pairs(1, 4, limits::VALUE)), told(vec![], pairs(1, 4, limits::VALUE + 1))),
        ];
        assert_eq!(limits, [((true, true), (false, false)); 5]);
        let long = tags(31, limits::TAG);
        let filled = |length: usize| {
            let tags: Vec<_> =
                long.iter().cloned().chain([format!("filler{}", "f".repeat(length))]).collect();
            let length = State::new(tags.clone(), []).encode().map(|bytes| bytes.len());
            (length.expect("a layout"), told(tags, none()).0)
        };
        let (least, _) = filled(0);
        assert_eq!(filled(limits::BODY - least), (limits::BODY, true));
        assert_eq!(filled(limits::BODY - least + 1), (limits::BODY + 1, false));
    }

    #[test]
    fn what_has_no_typed_part_stays_a_tag() {
        let tags = [
            "hardware.accelerator.0.kind=quantum",
            "hardware.cpu_cores=5000000000",
            "hardware.gpu.vendor=acme",
            "software.model.0.modalities=text,smell",
        ];
        let set = set_of(&state(&[&tags[..], &["hardware.gpu", "hardware.gpu.vram_gb=80"]].concat()));
        assert_eq!(set.tags, tags);
        assert_eq!(set.hardware.and_then(|hardware| hardware.gpu).map(|gpu| gpu.vram_gb), Some(80));
    }

    #[test]
    fn tags_of_the_library_are_left_out() {
        assert_eq!(set_of(&state(&["heat:00=1", "causal:00", "edge"])).tags, ["edge"]);
    }

    #[test]
    fn memory_is_asked_for_in_either_unit() {
        let filter = |gb, mb| {
            Filter::from(CapabilityFilter {
                min_vram_gb: gb,
                min_vram_mb: mb,
                min_memory_gb: gb,
                min_memory_mb: mb,
                require_modalities: vec![Modality::ToolUse],
                gpu_vendor: Some(GpuVendor::Nvidia),
                ..CapabilityFilter::default()
            })
        };
        assert_eq!([filter(40, 0).min_vram_mb, filter(0, 40_000).min_vram_mb], [40_960, 40_000]);
        assert_eq!([filter(40, 40_000).min_memory_mb, filter(1, 40_000).min_memory_mb], [40_960, 40_000]);
        assert_eq!(
            (filter(0, 0).require_modalities, filter(0, 0).gpu_vendor),
            (vec![text("tool_use")], text("nvidia"))
        );
    }

    #[test]
    fn weights_scopes_and_subnets_are_checked() {
        let weigh = |weight| {
            let requirement =
                CapabilityRequirement { prefer_more_vram: weight, ..CapabilityRequirement::default() };
            Preferences::try_from(&requirement).map(|preferences| preferences.vram)
        };
        assert_eq!(weigh(0.5), Ok(0.5));
        assert!([-0.1, 1.1, f64::NAN].into_iter().all(|weight| weigh(weight).is_err()));

        let scope = |filter| ScopeFilter::try_from(filter);
        let tenants = |tenants: &[&str]| interface::ScopeFilter::Tenants {
            tenants: tenants.iter().map(|one| text(one)).collect(),
        };
        assert_eq!(scope(tenants(&["a", "b"])), Ok(ScopeFilter::Tenants([text("a"), text("b")].into())));
        assert!(scope(tenants(&[])).is_err() && scope(tenants(&["a", ""])).is_err());
        assert!(scope(interface::ScopeFilter::Region { region: text("") }).is_err());

        let subnet = |levels: &[u32]| subnet_of(&interface::SubnetId { levels: levels.to_vec() });
        assert_eq!(subnet(&[3, 7]), SubnetId::new(&[3, 7]).map(Some));
        assert_eq!(subnet(&[0]), Ok(None));
        assert!([&[][..], &[1, 2, 3, 4, 5], &[256]].into_iter().all(|levels| subnet(levels).is_err()));

        let policy = |tag_prefix: &str, level, value| {
            let rule = interface::SubnetRule {
                tag_prefix: text(tag_prefix),
                level,
                values: [(text("us"), value)].into(),
            };
            policy_of(&interface::SubnetPolicy { rules: vec![rule] })
        };
        let derived = policy("region:", 0, 3).map(|policy| policy.subnet_of(&[text("region:us")].into()));
        assert_eq!(derived, Ok(SubnetId::new(&[3]).ok()));
        assert!(
            [("", 0, 3), ("region:", 4, 3), ("region:", 0, 0), ("region:", 0, 256)]
                .into_iter()
                .all(|(prefix, level, value)| policy(prefix, level, value).is_err())
        );
    }
}
