//! What checking a token costs: beside the bare signature check of the same bytes, and when the cache knows it.

use criterion::{Criterion, criterion_group, criterion_main};
use ed25519_dalek::{Signature, VerifyingKey};
use net_crypto::{ChannelName, Claim, Grant, Keypair, Seed, Token, TokenCache, authorize};
use net_types::identity::TokenScope;
use std::{hint::black_box, sync::Arc};

const NOW: u64 = 1_700_000_000;

fn tokens(c: &mut Criterion) {
    let (issuer, subject) = (pair(1), pair(2));
    let channel = ChannelName::parse("sensors/temp").expect("name");
    let grant = Grant {
        subject: subject.entity_id(),
        scope: TokenScope::SUBSCRIBE,
        channel,
        ttl: 300,
        delegation_depth: 0,
        generation: 0,
    };
    let token = Token::issue(&issuer, &grant, NOW, 1).expect("token");
    let bytes = *token.as_bytes();

    let mut group = c.benchmark_group("token");
    group.bench_function("bare signature", |b| b.iter(|| bare(black_box(&bytes))));
    group.bench_function("parse and verify", |b| {
        b.iter(|| Token::parse(black_box(&bytes)).expect("token").verify());
    });
    let mut cache = TokenCache::new(7);
    cache.install(Arc::new(token.clone()), NOW).expect("installed");
    let copy = Token::parse(&bytes).expect("token");
    group.bench_function("known to the cache", |b| b.iter(|| cache.holds(black_box(&copy))));
    group.bench_function("verified before", |b| b.iter(|| black_box(&token).verify()));
    let claim = Claim {
        trusted_issuers: &[issuer.entity_id()],
        subject: subject.entity_id(),
        scope: TokenScope::SUBSCRIBE,
        channel_hash: channel.hash(),
        now: NOW,
        floors: &[],
    };
    group.bench_function("authorize, verified before", |b| {
        b.iter(|| authorize(black_box(&[&token]), &claim).expect("permitted"));
    });
    group.bench_function("issue", |b| b.iter(|| Token::issue(&issuer, black_box(&grant), NOW, 1)));
    group.finish();
}

fn pair(byte: u8) -> Keypair {
    Keypair::from_seed(&Seed::try_from([byte; 32].as_slice()).expect("seed"))
}

/// The same check on the same bytes, by the implementation below ours.
fn bare(bytes: &[u8; 169]) -> bool {
    let key = bytes[..32].try_into().expect("32 bytes");
    let signature = bytes[105..].try_into().expect("64 bytes");
    VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify_strict(&bytes[..105], &Signature::from_bytes(signature)).is_ok())
}

criterion_group!(benches, tokens);
criterion_main!(benches);
