//! The generated codecs and the interpreter of layouts agree, on random values and on random damage.

#[path = "../../../../conformance/testees/rust/src/fixture.rs"]
mod fixture;
#[path = "../../../../conformance/testees/rust/src/gen/wire.rs"]
mod requests;

use fixture::Failure;
use net_codegen::ir::{Api, Int, Type, Wire, WireForm};
use net_codegen::wire::{self as interpreter, Reason, to_hex};
use net_codegen::{cli, fixtures};
use serde_json::{Map, Value, json};
use std::path::Path;

const VALUES: usize = 10_000;

#[test]
fn random_values_have_the_same_bytes() {
    let api = api();
    let mut random = Random(7);
    for count in 0..VALUES {
        for item in layouts(&api) {
            let name = &item.name;
            let (value, bytes) = random.encoded(&api, item);
            let encoded = written(item, &bytes);
            let answer = request(item, "encode", "value", value.clone());
            assert_eq!(answer.as_ref().ok(), Some(&encoded), "{count}: {name} {value}");
            let answer = request(item, "decode", side(item), encoded.clone());
            assert_eq!(answer.as_ref().ok(), Some(&value), "{count}: {name} {encoded}");
        }
    }
}

#[test]
fn random_damage_is_answered_alike() {
    let api = api();
    let mut random = Random(11);
    let (mut refused, mut taken) = (0, 0);
    for count in 0..VALUES {
        for item in layouts(&api).filter(|item| !is_text(item)) {
            let name = &item.name;
            let (_, mut bytes) = random.encoded(&api, item);
            random.damage(&mut bytes);
            let hex = written(item, &bytes);
            match (interpreter::decode(&api, item, &bytes), request(item, "decode", "bytes", hex.clone())) {
                (Ok(want), Ok(got)) => {
                    taken += 1;
                    assert_eq!(want, got, "{count}: {name} {hex}");
                }
                (Err(_), Err(Failure::Error(error))) => {
                    refused += 1;
                    assert_eq!((error.family_name(), error.kind_text()), ("echo", "bad-frame"));
                }
                (_, Err(Failure::Unsupported(reason))) => panic!("{name}: {reason}"),
                (want, got) => panic!("{count}: {name} {hex}: want {want:?}, got {got:?}"),
            }
        }
    }
    assert!(refused > VALUES && taken > VALUES, "{refused} refused, {taken} taken");
}

#[test]
fn every_fixture_and_what_follows_from_it_holds() {
    let api = api();
    let all = fixtures::malformed(&root(), &api).unwrap();
    assert!(all.len() > 1_000, "{}", all.len());
    for case in all {
        let item = fixtures::layout(&api, &case.layout).unwrap();
        match request(item, "decode", side(item), json!(case.form)) {
            Err(Failure::Error(_)) => {}
            other => panic!("{}: {other:?}", case.name),
        }
    }
}

#[test]
fn values_that_do_not_fit_are_arguments_out_of_range() {
    let api = api();
    let item = fixtures::layout(&api, "echo_message").unwrap();
    let good =
        json!({ "flags_urgent": false, "flags_rest": 0, "title": "", "body": "", "ids": [], "note": null });
    for (name, value) in [
        ("flags_rest", json!(64)),
        ("title", json!("t".repeat(256))),
        ("body", json!("00".repeat(65_537))),
        ("ids", json!(vec![0; 33])),
        ("note", json!("n".repeat(1025))),
    ] {
        let mut other = good.clone();
        other[name] = value;
        match request(item, "encode", "value", other) {
            Err(Failure::Error(error)) => {
                assert_eq!(error.to_string(), format!("argument: {name}: too large"))
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    let frame = fixtures::layout(&api, "echo_frame").unwrap();
    let mut value = Random(3).value(&api, frame);
    value["access"] = json!([]);
    assert!(matches!(request(frame, "encode", "value", value), Err(Failure::Error(_))));
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

fn api() -> Api {
    cli::api(&root()).expect("the spec is good")
}

/// The layouts of the module that has one of every kind.
fn layouts(api: &Api) -> impl Iterator<Item = &Wire> {
    let echo = api.modules.iter().filter(|module| module.name == "echo");
    echo.flat_map(|module| &module.wires)
}

fn is_text(item: &Wire) -> bool {
    item.format.is_some()
}

fn side(item: &Wire) -> &'static str {
    if is_text(item) { "text" } else { "bytes" }
}

fn written(item: &Wire, bytes: &[u8]) -> Value {
    if is_text(item) { json!(String::from_utf8_lossy(bytes)) } else { json!(to_hex(bytes)) }
}

fn request(item: &Wire, direction: &str, argument: &str, value: Value) -> Result<Value, Failure> {
    let args = Map::from_iter([(argument.to_owned(), value)]);
    requests::call(&format!("wire.{}.{direction}", item.name), &args)
}

/// Numbers that are the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// An integer of any magnitude.
    fn bits(&mut self, width: u32) -> u64 {
        let most = if width == 64 { u64::MAX } else { (1 << width) - 1 };
        self.next() >> self.below(64) & most
    }

    /// A value, and its bytes; of a layout with a greatest length one that is not above it.
    fn encoded(&mut self, api: &Api, item: &Wire) -> (Value, Vec<u8>) {
        loop {
            let value = self.value(api, item);
            match interpreter::encode(api, item, &value) {
                Ok(encoded) => return (value, encoded.bytes),
                Err(fault) => assert_eq!(fault.reason, Reason::TooLarge, "{} {value}: {fault}", item.name),
            }
        }
    }

    fn value(&mut self, api: &Api, item: &Wire) -> Value {
        let mut members = Map::new();
        if let Some(at) = item.of {
            for field in &api.record(at).fields {
                members.insert(field.name.spec.clone(), self.plain(api, &field.ty, None));
            }
            return Value::Object(members);
        }
        for field in &item.fields {
            let value = match &field.form {
                _ if interpreter::is_derived(item, &field.name) => continue,
                WireForm::Check { .. } => continue,
                WireForm::Switch { arms, .. } => {
                    let layout = api.wire(arms[self.below(arms.len())].1);
                    json!({ layout.name.as_str(): self.value(api, layout) })
                }
                _ if field.when.is_some() && self.below(2) == 0 => Value::Null,
                WireForm::Plain(ty) => self.plain(api, ty, field.max),
                WireForm::Varint(ty) => self.plain(api, ty, Some(field.max.unwrap_or(1 << 62))),
                WireForm::Sized { ty, len: _, max } => {
                    let most = (*max).min(63) as usize;
                    let len = self.below(most + 1);
                    if *ty == Type::String { self.text(len) } else { self.hex(len) }
                }
                WireForm::Counted { of, max, .. } => {
                    let most = (*max).min(40) as usize;
                    (0..self.below(most + 1)).map(|_| self.plain(api, of, None)).collect()
                }
                WireForm::Bits(_, parts) => {
                    for (part, width) in parts {
                        let name = format!("{}_{part}", field.name);
                        if interpreter::members(item).contains(&name) {
                            let bits = self.bits((*width).into());
                            members.insert(name, if *width == 1 { json!(bits == 1) } else { json!(bits) });
                        }
                    }
                    continue;
                }
            };
            members.insert(field.name.clone(), value);
        }
        if item.keep_trailing {
            let len = self.below(4);
            members.insert("trailing".into(), self.hex(len));
        }
        Value::Object(members)
    }

    fn plain(&mut self, api: &Api, ty: &Type, max: Option<u64>) -> Value {
        match api.base(ty) {
            Type::Bool => json!(self.below(2) == 1),
            Type::Int(Int::I64) | Type::Date => json!((self.bits(64) as i64).to_string()),
            Type::Int(Int::U64) | Type::Instant(_) | Type::Size => {
                json!((self.bits(64) % max.unwrap_or(u64::MAX)).to_string())
            }
            Type::Int(int) if int.signed() => {
                let bits = self.bits(int.bits());
                json!((bits << (64 - int.bits())) as i64 >> (64 - int.bits()))
            }
            Type::Int(int) => json!(self.bits(int.bits()) % max.unwrap_or(u64::MAX)),
            Type::Duration(_) => json!(self.bits(64) % max.unwrap_or(u64::MAX)),
            Type::F64 => match self.below(8) {
                0 => json!("nan"),
                1 => json!("-0"),
                2 => json!("inf"),
                _ => json!(self.next() as i64 as f64 / (1u64 << self.below(60)) as f64),
            },
            Type::FixedBytes(width) => self.hex(*width),
            Type::Enum(at) => {
                let (values, item) = (&api.enumeration(*at).values, api.enumeration(*at));
                let tag = self.bits(item.repr.bits());
                if item.open && self.below(4) == 0 && values.iter().all(|value| value.tag != tag) {
                    return json!(format!("unknown:{tag}"));
                }
                json!(values[self.below(values.len())].text)
            }
            Type::Flags(at) => {
                let bits = &api.flags(*at).bits;
                let chosen = 1 + self.below((1 << bits.len()) - 1);
                let set = bits.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
                set.map(|(_, bit)| bit.text.clone()).collect()
            }
            Type::String => self.text(9),
            Type::Layout(at) => self.value(api, api.wire(*at)),
            other => panic!("no values for {other:?}"),
        }
    }

    fn text(&mut self, most: usize) -> Value {
        let mut text = String::new();
        loop {
            let next = ['a', '\0', '"', '\u{7f}', 'é', '漢', '🦀', '\u{feff}', '\u{10ffff}'][self.below(9)];
            if text.len() + next.len_utf8() > most {
                return json!(text);
            }
            text.push(next);
        }
    }

    fn hex(&mut self, len: usize) -> Value {
        json!((0..len).map(|_| format!("{:02x}", self.next() as u8)).collect::<String>())
    }

    fn damage(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..1 + self.below(3) {
            let place = self.below(bytes.len().max(1));
            match (self.below(4), bytes.is_empty()) {
                (0, false) => bytes.truncate(place),
                (1, _) => bytes.insert(place.min(bytes.len()), self.next() as u8),
                (2, false) => bytes[place] ^= 1 << self.below(8),
                (_, false) => bytes[place] = self.next() as u8,
                (_, true) => bytes.push(self.next() as u8),
            }
        }
    }
}
