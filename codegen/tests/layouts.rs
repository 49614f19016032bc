//! The interpreter of layouts, over a small spec with every kind of layout.

use net_codegen::ir::{Api, Wire};
use net_codegen::load::{self, Source};
use net_codegen::wire::{self, Reason, from_hex, to_hex};
use net_codegen::{fixtures, resolve};
use serde_json::{Value, json};

fn api() -> Api {
    let source = |file: &str, text: &str| Source { file: file.into(), text: text.into() };
    let (spec, diagnostics) = load::parse(vec![
        source("spec/base.toml", include_str!("../../spec/base.toml")),
        source("spec/store.toml", include_str!("layouts/store.toml")),
    ]);
    assert_eq!(diagnostics, []);
    resolve::resolve(&spec).unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]))
}

fn layout<'a>(api: &'a Api, name: &str) -> &'a Wire {
    fixtures::layout(api, name).expect("the spec has it")
}

/// Encodes to the bytes, and decodes them to the value.
fn both_ways(name: &str, value: &Value, hex: &str) {
    let api = api();
    let item = layout(&api, name);
    assert_eq!(to_hex(&wire::encode(&api, item, value).expect("the value is good").bytes), hex, "{name}");
    assert_eq!(wire::decode(&api, item, &from_hex(hex).expect("it is hex")).as_ref(), Ok(value), "{name}");
}

fn refused(name: &str, hex: &str) -> Reason {
    let api = api();
    wire::decode(&api, layout(&api, name), &from_hex(hex).expect("it is hex"))
        .expect_err("it is malformed")
        .reason
}

fn entry() -> Value {
    json!({
        "id": "300", "small": -2, "tiny": 200, "ratio": 64.0, "name": null, "data": "0aff", "state": "busy",
        "places": [{ "at": "nowhere" }, { "at": "room", "number": -1, "name": "b" }],
        "table": { "a": true, "b": false }
    })
}

#[test]
fn packed_is_postcard() {
    both_ways("entry_packed", &entry(), "ac0203c8000000000000504000020affac020200010101016202016101016200");
}

#[test]
fn packed_refuses_what_it_would_not_write() {
    assert_eq!(refused("entry_packed", "ac82"), Reason::EndsEarly);
    assert_eq!(refused("entry_packed", "ac8200"), Reason::Varint);
    assert_eq!(refused("entry_packed", "01ffff07"), Reason::Varint, "an i16 of 18 bits");
    assert_eq!(refused("entry_packed", &"00".repeat(201)), Reason::TooLarge);
    assert_eq!(refused("entry_packed", "0000000000000000000000000000"), Reason::UnknownValue);
    assert_eq!(refused("entry_packed", "000000000000000000000002"), Reason::NotBool);
    assert_eq!(
        refused("entry_packed", "0000000000000000000000000003ffffffffffffffffff01"),
        Reason::EndsEarly,
        "a list of more items than there are bytes"
    );
    assert_eq!(
        refused("entry_packed", "0000000000000000000000000003000201620001610000"),
        Reason::UnknownValue,
        "a map out of order"
    );
}

#[test]
fn json_is_canonical() {
    let text = r#"{"id":"300","small":-2,"tiny":200,"ratio":64.0,"data":"0aff","state":"busy","places":[{"at":"nowhere"},{"at":"room","number":-1,"name":"b"}],"table":{"a":true,"b":false}}"#;
    both_ways("entry_json", &entry(), &to_hex(text.as_bytes()));
    for (from, to) in
        [("64.0", "64"), ("{\"id\"", "{ \"id\""), ("-2", "-2.0"), ("\"300\"", "300"), ("}}", "}")]
    {
        assert_eq!(
            refused("entry_json", &to_hex(text.replace(from, to).as_bytes())),
            Reason::NotText,
            "{to}"
        );
    }
}

#[test]
fn a_switch_chooses_the_rest() {
    both_ways(
        "blob",
        &json!({ "rest": { "small_ref": { "hash": "01020304", "uri": "x" } } }),
        "b10b010102030478",
    );
    both_ways("blob", &json!({ "rest": { "wide_ref": { "states": ["idle", "busy"] } } }), "b10b020003012c");
    assert_eq!(refused("blob", "b10b03"), Reason::UnknownValue);
    assert_eq!(refused("blob", "b10b0200"), Reason::EndsEarly);
    assert_eq!(refused("blob", "b10b020003000300030003"), Reason::TooLarge);
    assert_eq!(refused("blob", "b10c01"), Reason::Magic);
}

#[test]
fn a_checksum_covers_its_fields() {
    let api = api();
    let item = layout(&api, "summed");
    let bytes = wire::encode(&api, item, &json!({ "kind": 1, "body": "0102" })).unwrap().bytes;
    assert_eq!(bytes.len(), 8);
    let decode = |bytes: &[u8]| wire::decode(&api, item, bytes);
    assert_eq!(decode(&bytes), Ok(json!({ "kind": 1, "body": "0102" })));
    for place in [2, 3, 4, 7] {
        let mut other = bytes.clone();
        other[place] ^= 0x40;
        assert_eq!(decode(&other).unwrap_err().reason, Reason::Checksum, "byte {place}");
    }
    let mut other = bytes;
    other[0] = 9;
    assert_eq!(decode(&other), Ok(json!({ "kind": 9, "body": "0102" })), "it is not covered");
}

#[test]
fn fields_of_one_bit_come_together() {
    both_ways("pairs", &json!({ "flags_wide": 5, "one": 1, "two": 2 }), "0b01000200");
    both_ways("pairs", &json!({ "flags_wide": 127, "one": null, "two": null }), "fe");
    let api = api();
    let encode = |value| wire::encode(&api, layout(&api, "pairs"), &value).unwrap_err();
    assert_eq!(encode(json!({ "flags_wide": 0, "one": 1, "two": null })).field, "two");
    assert_eq!(encode(json!({ "flags_wide": 128, "one": null, "two": null })).reason, Reason::TooLarge);
    assert_eq!(encode(json!({ "flags_wide": 0, "one": null, "two": null, "x": 1 })).field, "x");
}

#[test]
fn any_bytes_have_an_answer() {
    let api = api();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for item in &api.modules[1].wires {
        for length in 0..400 {
            let bytes: Vec<u8> = (0..length % 50)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    if state & 0x300 == 0 { state as u8 } else { state as u8 & 3 }
                })
                .collect();
            let bytes = [item.magic.as_slice(), &bytes].concat();
            if let Ok(value) = wire::decode(&api, item, &bytes) {
                let again = wire::encode(&api, item, &value).map(|encoded| encoded.bytes);
                assert_eq!(again.as_ref(), Ok(&bytes), "{}: what is decoded has one form", item.name);
            }
        }
    }
}

#[test]
fn derived_cases_are_named_after_what_is_wrong() {
    let api = api();
    let item = layout(&api, "blob");
    let bytes = from_hex("b10b020003").unwrap();
    let cases = fixtures::expand(&api, item, "wire/blob/wide", bytes, true);
    let names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "wire/blob/wide/truncated_to_0",
            "wire/blob/wide/truncated_to_1",
            "wire/blob/wide/truncated_to_2",
            "wire/blob/wide/truncated_to_4",
            "wire/blob/wide/one_byte_more",
            "wire/blob/wide/bad_magic_0",
            "wire/blob/wide/bad_magic_1",
            "wire/blob/wide/rest_states_is_0",
            "wire/blob/wide/rest_states_is_65535",
        ],
        "without its states the form is whole, so it is no case"
    );
    assert!(cases.iter().all(|case| case.error == "store.broken" && !case.is_text));
}
