use super::*;

fn text(text: &str) -> String {
    text.to_owned()
}

fn pairs(pairs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    pairs.iter().map(|(name, version)| (text(name), text(version))).collect()
}

fn everything() -> Capabilities {
    let gpu = Gpu { vendor: text("nvidia"), model: text("h100"), vram_gb: 80, ..Gpu::default() };
    Capabilities {
        hardware: Hardware {
            cpu_cores: 16,
            memory_gb: 64,
            gpus: vec![
                gpu.clone(),
                gpu,
                Gpu::default(),
                Gpu { vendor: text("Weird=Vendor:1"), ..Gpu::default() },
            ],
            accelerators: vec![
                Accelerator { kind: text("tpu"), model: text("v5e"), memory_gb: 16, tops_x10: 1_970 },
                Accelerator::default(),
            ],
            ..Hardware::default()
        },
        software: Software {
            os: text("linux"),
            runtimes: pairs(&[
                ("node.js", "20.1"),
                ("python", "3.11"),
                ("python", "3.12"),
                ("", "1"),
                ("a", ""),
            ]),
            frameworks: pairs(&[("c=d:e%f", "=:%"), ("%3D", "x")]),
            ..Software::default()
        },
        models: vec![
            Model {
                id: text("llama-3.1-70b"),
                family: text("llama"),
                context_length: 128_000,
                modalities: vec![text("text"), text("vision"), text("a,b%"), text("")],
                loaded: true,
                ..Model::default()
            },
            Model::default(),
        ],
        tools: vec![
            Tool {
                id: text("web::search"),
                version: text("1.0.0"),
                input_schema: text("{\"type\":\"object\"}"),
                requires: vec![text("hardware.gpu")],
                stateless: true,
                ..Tool::default()
            },
            Tool::default(),
        ],
        limits: Limits { rate_limit_rpm: 60, ..Limits::default() },
        tags: ["gpu", "prod", "scope:tenant:oem-123", "hardware.custom=1"].map(text).into(),
        metadata: [(text("intent"), text("ml-training"))].into(),
    }
}

#[test]
fn nothing_is_lost_on_the_way_to_tags_and_back() {
    let all = everything();
    assert_eq!(Capabilities::of_state(&all.to_state()), all);
    let none = Capabilities::default();
    assert_eq!((none.to_state(), Capabilities::of_state(&State::default())), (State::default(), none));
}

#[test]
fn has_the_published_tags() {
    let state = everything().to_state();
    for tag in [
        "hardware.cpu_cores=16",
        "hardware.gpu",
        "hardware.gpu.vendor=nvidia",
        "hardware.gpu.vram_gb=80",
        "hardware.gpu.1",
        "hardware.gpu.1.model=h100",
        "hardware.gpu.2",
        "hardware.limits.rate_limit_rpm=60",
        "software.runtime.node.js=20.1",
        "software.model.0.id=llama-3.1-70b",
        "software.model.0.loaded=true",
        "software.tool.0.stateless=true",
        "software.tool.1.stateless=false",
        "gpu",
    ] {
        assert!(state.tags().contains(tag), "{tag} is missing in {:#?}", state.tags());
    }
    assert_eq!(state.metadata()["tool::web::search::input_schema"], "{\"type\":\"object\"}");
    assert!(!state.tags().iter().any(|tag| tag.starts_with("hardware.cpu_threads")), "0 says nothing");
}

#[test]
fn what_says_nothing_here_stays_a_tag() {
    let odd = [
        "hardware.memory_gb=many",
        "hardware.memory_gb=0",
        "hardware.memory_gb",
        "hardware.gpu.00=x",
        "hardware.gpu.0.vendor=amd",
        "hardware.gpu.unknown=1",
        "hardware.accelerator.4294967296",
        "software.model.01.id=x",
        "software.model.0.loaded=yes",
        "software.runtime.%zz=1",
        "software.runtime.%C3=1",
        "software.runtime.a%2Eb=1",
        "software.tool.0.requires=a,,b",
        "devices.camera",
        "free text",
    ];
    let state = State::new(odd.map(text), []);
    let read = Capabilities::of_state(&state);
    assert_eq!(read, Capabilities { tags: state.tags().clone(), ..Capabilities::default() });
    assert_eq!(read.to_state(), state);
}

#[test]
fn of_two_tags_that_contradict_the_first_counts_and_the_other_stays() {
    let state = State::new(["hardware.memory_gb=32", "hardware.memory_gb=64"].map(text), []);
    let read = Capabilities::of_state(&state);
    assert_eq!(read.hardware.memory_gb, 32);
    assert_eq!(read.tags, [text("hardware.memory_gb=64")].into());
    assert_eq!(read.to_state(), state);
}

#[test]
fn a_colon_separates_as_well() {
    let read = Capabilities::of_state(&State::new([text("hardware.memory_gb:32")], []));
    assert_eq!(read.hardware.memory_gb, 32);
}
