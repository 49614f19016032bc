//! Static keys, PSKs, packets and the handshake of the mesh. Expected bytes come from another implementation.

use crate::common::pair;
use net_crypto::{
    Seed,
    mesh::{Certificate, Cipher, HEADER, Initiator, PhaseSecret, Psk, PublicKey, Responder, StaticKey, TAG},
};
use zeroize::Zeroizing;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(byte: u8) -> StaticKey {
    StaticKey::derive(&Seed::try_from([byte; 32].as_slice()).expect("seed"))
}

fn ephemeral(byte: u8) -> Zeroizing<[u8; 32]> {
    Zeroizing::new([byte; 32])
}

#[test]
fn derivations_are_those_of_the_protocol() {
    assert_eq!(
        key(0x42).public().to_string(),
        "7f578680c914fef11c4f0a7f9d88bb11c49fdaf412477bf6e5e7468f36371b2f"
    );
    assert_eq!(
        hex(&PublicKey::new([7; 32]).mac_key()),
        "4dfe00b2fedda3126277a5a14e06f1ae9f85e62b49e29bbdd56c3978eb2f0d0a"
    );
    let psk = Psk::new(&std::array::from_fn(|at| at as u8));
    assert_eq!(hex(&psk.mac(&[b"a", b"bc"])), "5cb9877ecc714d475ff4c26029063026");
}

#[test]
fn sealed_packets_are_those_of_the_protocol() {
    let secret = PhaseSecret::new(Zeroizing::new(std::array::from_fn(|at| at as u8 + 32)));
    let expected = [
        "d2c796c0b5a2a65b1f4735186555caa3d0dbdca259745411335c32e4962c311b92926e1190c326bc5cf5a9d8b4718e8f",
        "455728395347a1c7326df5dbe6e6874a6cb51f60da8ff59eebf86020bf356ef2346dd52b8b3d4387fae10e093e410259",
    ];
    for (secret, expected) in [secret.clone(), secret.next()].iter().zip(expected) {
        let key = secret.key(Cipher::ChaCha20Poly1305);
        let mut packet: Vec<u8> = (0..HEADER as u8).chain([0x61; 32]).chain([0; TAG]).collect();
        key.seal(0x0102_0304_0506_0708, &mut packet);
        assert_eq!(hex(&packet[HEADER..]), expected);
        let plain = key.open(0x0102_0304_0506_0708, &mut packet).expect("genuine");
        assert_eq!(packet[plain], [0x61; 32]);
    }
}

#[test]
fn both_ciphers_refuse_what_was_changed() {
    let secret = PhaseSecret::new(Zeroizing::new([1; 32]));
    for cipher in [Cipher::ChaCha20Poly1305, Cipher::Aes256Gcm] {
        let key = secret.key(cipher);
        let mut packet = vec![5; HEADER + 32 + TAG];
        key.seal(3, &mut packet);
        assert!(key.open(4, &mut packet.clone()).is_none());
        for at in 0..packet.len() {
            let mut spoilt = packet.clone();
            spoilt[at] ^= 0x80;
            assert!(key.open(3, &mut spoilt).is_none(), "byte {at}");
        }
        assert!(key.open(3, &mut packet[..TAG]).is_none(), "shorter than header and tag");
        assert!(key.open(3, &mut packet).is_some());
    }
}

#[test]
fn patterned_psks_are_noticed() {
    for patterned in
        [[0; 32], [0x42; 32], std::array::from_fn(|at| at as u8), *b"0123456701234567012345670123456\0"]
    {
        assert!(Psk::new(&patterned).is_patterned());
    }
    assert!(!Psk::new(b"a key that was drawn, not typed!").is_patterned());
}

#[test]
fn a_certificate_is_of_one_identity_and_one_key() {
    let (identity, other) = (pair(1), pair(2));
    let certificate = Certificate::issue(&identity, key(1).public());
    assert!(certificate.is_of(identity.entity_id(), key(1).public()));
    assert!(!certificate.is_of(other.entity_id(), key(1).public()));
    assert!(!certificate.is_of(identity.entity_id(), key(2).public()));
}

#[test]
fn a_handshake_gives_both_sides_the_same_secrets_whatever_came_in_between() {
    let (one, other, psk) = (key(1), key(2), Psk::new(&[9; 32]));
    let mut initiator = Initiator::new(&one, other.public(), &psk, b"p", ephemeral(3)).expect("initiator");
    let init = initiator.write(&[1; 144]).expect("first message");
    let wrong_psk = Psk::new(&[8; 32]);
    assert!(Responder::read(&other, &wrong_psk, b"p", &init, ephemeral(4)).is_err());
    assert!(Responder::read(&other, &psk, b"q", &init, ephemeral(4)).is_err());
    assert!(Responder::read(&one, &psk, b"p", &init, ephemeral(4)).is_err());
    let received = Responder::read(&other, &psk, b"p", &init, ephemeral(4)).expect("genuine");
    assert_eq!((received.peer, received.payload), (one.public(), [1; 144]));
    let answer = received.responder.write(&[2; 144]).expect("second message");
    for at in 0..answer.message.len() {
        let mut junk = answer.message;
        junk[at] ^= 1;
        assert!(initiator.read(&junk).is_err(), "byte {at}");
    }
    let (payload, secrets) = initiator.read(&answer.message).expect("genuine");
    assert_eq!(payload, [2; 144]);
    assert_eq!(*secrets.send, *answer.secrets.receive);
    assert_eq!(*secrets.receive, *answer.secrets.send);
    assert_ne!(*secrets.receive, *secrets.send);
}

#[test]
fn keys_that_make_zeros_are_refused() {
    let (own, psk) = (key(1), Psk::new(&[9; 32]));
    for low_order in [[0; 32], std::array::from_fn(|at| u8::from(at == 0))] {
        let initiator = Initiator::new(&own, PublicKey::new(low_order), &psk, b"", ephemeral(3));
        assert!(initiator.expect("initiator").write(&[0; 144]).is_err());
    }
}

#[test]
fn secrets_are_in_no_text() {
    let texts = [
        format!("{:?}", key(1)),
        format!("{:?}", Psk::new(&[9; 32])),
        format!("{:?}", PhaseSecret::new(Zeroizing::new([0x77; 32]))),
    ];
    assert!(texts.iter().all(|text| !text.contains("77, ") && !text.contains("[9")), "{texts:?}");
}
