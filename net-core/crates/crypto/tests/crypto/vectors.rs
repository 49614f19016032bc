//! Published vectors of the primitives; each file names its source.

use net_crypto::{EntityId, Keypair, Seed};
use serde_json::Value;

fn vectors(name: &str) -> Value {
    let path = format!("{}/../../../fixtures/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    let file: Value = serde_json::from_str(&text).expect(&path);
    assert!(file["source"].as_str().is_some_and(|source| !source.is_empty()), "{path} names no source");
    file
}

fn cases(file: &Value) -> impl Iterator<Item = &Value> {
    file["cases"].as_array().expect("cases").iter()
}

fn bytes(value: &Value) -> Vec<u8> {
    let digits = value.as_str().expect("hex").as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(str::from_utf8(pair).expect("hex"), 16).expect("hex")).collect()
}

fn entity(case: &Value) -> EntityId {
    EntityId::try_from(bytes(&case["entity_id"]).as_slice()).expect("entity id")
}

fn signature(case: &Value) -> [u8; 64] {
    bytes(&case["signature"]).try_into().expect("64 bytes")
}

#[test]
fn ed25519_signs_and_verifies_as_rfc_8032_says() {
    for case in cases(&vectors("ed25519")) {
        let (name, message) = (&case["name"], bytes(&case["message"]));
        let pair = Keypair::from_seed(&Seed::try_from(bytes(&case["seed"]).as_slice()).expect("seed"));
        assert_eq!(pair.entity_id(), entity(case), "{name}");
        assert_eq!(pair.sign(&message), Ok(signature(case)), "{name}");
        assert!(entity(case).verify(&message, &signature(case)), "{name}");
        let mut other = message.clone();
        other.push(0);
        assert!(!entity(case).verify(&other, &signature(case)), "{name}, another message");
    }
}

#[test]
fn ed25519_is_strict_where_implementations_differ() {
    for case in cases(&vectors("ed25519_edges")) {
        let holds = entity(case).verify(&bytes(&case["message"]), &signature(case));
        assert_eq!(holds, case["valid"].as_bool().expect("valid"), "{}", case["name"]);
    }
}

#[test]
fn points_of_small_order_sign_nothing() {
    // The neutral element and the point of order two: with S = 0 and R = A they satisfy the bare equation.
    for first in [0x01, 0xec] {
        let mut key = if first == 0xec { [0xff; 32] } else { [0; 32] };
        key[0] = first;
        key[31] &= 0x7f;
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&key);
        for message in [b"a".as_slice(), b"b", b"c", b"d"] {
            assert!(!EntityId::new(key).verify(message, &signature), "{first:#x}");
        }
    }
}

#[test]
fn blake2s_with_a_key() {
    use blake2::digest::{KeyInit, Mac};
    let file = vectors("blake2s");
    for case in cases(&file) {
        let mut mac = blake2::Blake2sMac256::new_from_slice(&bytes(&file["key"])).expect("key");
        mac.update(&bytes(&case["message"]));
        assert_eq!(mac.finalize().into_bytes().to_vec(), bytes(&case["hash"]), "{}", case["message"]);
    }
}

#[test]
fn xxh3_64() {
    for case in cases(&vectors("xxh3_64")) {
        let length = usize::try_from(case["length"].as_u64().expect("length")).expect("length");
        let mut state = 2_654_435_761_u64;
        let input: Vec<u8> = std::iter::repeat_with(|| {
            let byte = state.to_be_bytes()[0];
            state = state.wrapping_mul(11_400_714_785_074_694_797);
            byte
        })
        .take(length)
        .collect();
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(&input).to_be_bytes().to_vec(),
            bytes(&case["hash"]),
            "{length}"
        );
    }
}

#[test]
fn blake3() {
    for case in cases(&vectors("blake3")) {
        let length = case["length"].as_u64().expect("length");
        let input: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).expect("a byte")).collect();
        assert_eq!(blake3::hash(&input).as_bytes().to_vec(), bytes(&case["hash"]), "{length}");
    }
}
