//! Which tokens open a channel, and how they stop to.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use net_crypto::{ChannelName, Grant, Keypair, Seed};
use net_node::{
    identity::{Identity, Token},
    mesh::MeshNode,
};
use net_types::{
    BaseError, Error, Timestamp,
    api::{ChannelSubscription as _, Identity as _, MeshNode as _, Token as _},
    channel::{ChannelConfig, ChannelError, SubscriptionEnd},
    identity::TokenScope,
    mesh::{MeshError, MeshNodeConfig, MeshShutdownOptions, PublishConfig},
    wire::identity::PermissionToken,
};

use crate::{channels::*, nodes::*};

fn keys(number: u8) -> Keypair {
    Keypair::from_seed(&Seed::try_from(&[number; 32][..]).expect("a seed"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs()
}

/// A token that is valid from a second on for a minute.
fn from_second(issuer: u8, subject: u8, scope: TokenScope, depth: u8, second: u64) -> Arc<Token> {
    of_generation(issuer, subject, scope, depth, second, 0)
}

fn of_generation(
    issuer: u8,
    subject: u8,
    scope: TokenScope,
    delegation_depth: u8,
    second: u64,
    generation: u32,
) -> Arc<Token> {
    let channel = ChannelName::parse("vault").expect("a name");
    let subject = keys(subject).entity_id();
    let grant = Grant { subject, scope, channel, ttl: 60, delegation_depth, generation };
    let token = net_crypto::Token::issue(&keys(issuer), &grant, second, 7).expect("a token");
    Token::parse(token.as_bytes()).expect("a token")
}

fn subscribing(generation: u32) -> Arc<Token> {
    of_generation(1, 2, TokenScope::SUBSCRIBE, 0, now(), generation)
}

/// What its signer says, whether it may say it or not.
fn forged(signer: u8, says: PermissionToken) -> Arc<Token> {
    let unsigned = says.encode().expect("a layout");
    let signature = keys(signer).sign_any(&unsigned[..PermissionToken::SIZE - 64]);
    let bytes = PermissionToken { signature, ..says }.encode().expect("a layout");
    Token::parse(&bytes).expect("a token")
}

/// What node 4 passes on to node 2 of a token that it was given.
fn passed_on(given: &Arc<Token>, change: impl FnOnce(&mut PermissionToken)) -> Arc<Token> {
    let given = PermissionToken::decode(&given.to_buffer().expect("bytes")).expect("a layout");
    let mut says = PermissionToken {
        issuer: *keys(4).entity_id().as_bytes(),
        subject: *keys(2).entity_id().as_bytes(),
        delegation_depth: given.delegation_depth.saturating_sub(1),
        scope: TokenScope::SUBSCRIBE,
        ..given
    };
    change(&mut says);
    forged(4, says)
}

fn chain(tokens: [&Arc<Token>; 2]) -> net_types::channel::SubscribeChannelOptions<Arc<Token>> {
    net_types::channel::SubscribeChannelOptions { tokens: tokens.map(Arc::clone).to_vec(), ..plain() }
}

#[tokio::test]
async fn a_token_outside_of_its_time_opens_nothing() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(protected("vault")).unwrap();
    for (what, second) in [("expired", now() - 1_000), ("not yet valid", now() + 1_000)] {
        let token = from_second(1, 2, TokenScope::SUBSCRIBE, 0, second);
        let refused = hear(&subscriber, &publisher, "vault", with(&token)).await;
        assert_eq!(channel_error(refused), ChannelError::Unauthorized, "{what}");
    }
    let of_another_scope = from_second(1, 2, TokenScope::PUBLISH, 0, now());
    let refused = hear(&subscriber, &publisher, "vault", with(&of_another_scope)).await;
    assert_eq!(channel_error(refused), ChannelError::Unauthorized);
    assert!(Token::parse(&subscribing(0).to_buffer().unwrap()[..168]).is_err(), "truncated");
}

#[tokio::test]
async fn a_chain_gives_no_more_than_its_first_token() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(protected("vault")).unwrap();
    let given = TokenScope::SUBSCRIBE | TokenScope::DELEGATE;
    let root = from_second(1, 4, given, 1, now());
    let exhausted = from_second(1, 4, given, 0, now());
    let undelegable = from_second(1, 4, TokenScope::SUBSCRIBE, 1, now());
    let of_another = from_second(1, 5, given, 1, now());
    let sound = passed_on(&root, |_| {});
    for (what, tokens) in [
        ("over-delegated", [&exhausted, &passed_on(&exhausted, |_| {})]),
        ("not to be passed on", [&undelegable, &passed_on(&undelegable, |_| {})]),
        ("passed on by somebody else", [&of_another, &passed_on(&of_another, |_| {})]),
        ("longer than the first", [&root, &passed_on(&root, |says| says.not_after = Timestamp(now() + 600))]),
        ("no less deep", [&root, &passed_on(&root, |says| says.delegation_depth = 1)]),
        ("for another channel", [&root, &passed_on(&root, |says| says.channel_hash ^= 1)]),
        ("in the wrong order", [&sound, &root]),
    ] {
        let refused = hear(&subscriber, &publisher, "vault", chain(tokens)).await;
        assert_eq!(channel_error(refused), ChannelError::Unauthorized, "{what}");
    }
    hear(&subscriber, &publisher, "vault", chain([&root, &sound])).await.unwrap();
}

#[tokio::test]
async fn a_captured_token_opens_nothing_to_another_node() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(protected("vault")).unwrap();
    let token = subscribing(0);
    hear(&subscriber, &publisher, "vault", with(&token)).await.unwrap();
    let thief = node(3).await;
    connect(&thief, &publisher).await;
    let refused = hear(&thief, &publisher, "vault", with(&token)).await;
    assert_eq!(channel_error(refused), ChannelError::Unauthorized);
}

#[tokio::test]
async fn revoking_ends_what_rests_on_older_tokens_and_nothing_else() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(protected("vault")).unwrap();
    publisher.register_channel(ChannelConfig::new("open".to_owned())).unwrap();
    let old = hear(&subscriber, &publisher, "vault", with(&subscribing(1))).await.unwrap();
    let open = hear(&subscriber, &publisher, "open", plain()).await.unwrap();
    let own = publisher.entity_id().unwrap();
    assert_eq!(publisher.generation_floor(&own).unwrap(), 0);
    let record = publisher.revoke(2).await.unwrap();
    assert_eq!(channel_error(read(&old, 1).await), ChannelError::Revoked);
    assert_eq!(old.end_reason().unwrap(), Some(SubscriptionEnd::Revoked));
    assert_eq!(publisher.generation_floor(&own).unwrap(), 2);
    let refused = hear(&subscriber, &publisher, "vault", with(&subscribing(1))).await;
    assert_eq!(channel_error(refused), ChannelError::Unauthorized);
    // The greatest counts.
    assert_eq!(publisher.revoke(1).await.unwrap(), record);
    assert_eq!(publisher.generation_floor(&own).unwrap(), 2);
    let new = hear(&subscriber, &publisher, "vault", with(&subscribing(2))).await.unwrap();
    for channel in ["vault", "open"] {
        say(&publisher, channel, "a", PublishConfig::default()).await.unwrap();
    }
    assert_eq!(texts(&read(&new, 1).await.unwrap()), ["a"]);
    assert_eq!(texts(&read(&open, 1).await.unwrap()), ["a"]);
}

#[tokio::test]
async fn what_an_issuer_revokes_reaches_nodes_that_it_never_meets_and_that_join_later() {
    let (publisher, subscriber) = pair().await;
    let issuer = Identity::from_seed(&[9; 32]).unwrap();
    let trusted_issuers = vec![issuer.entity_id()];
    publisher.register_channel(ChannelConfig { trusted_issuers, ..protected("vault") }).unwrap();
    let token = of_generation(9, 2, TokenScope::SUBSCRIBE, 0, now(), 4);
    let heard = hear(&subscriber, &publisher, "vault", with(&token)).await.unwrap();
    let record = issuer.revoke(5).unwrap();
    let other = node(3).await;
    connect(&other, &subscriber).await;
    other.learn_revocation(record).await.unwrap();
    assert_eq!(channel_error(read(&heard, 1).await), ChannelError::Revoked);
    let late = node(4).await;
    connect(&late, &subscriber).await;
    let entity = issuer.entity_id();
    eventually("it has come", || late.generation_floor(&entity).unwrap() == 5).await;
}

#[tokio::test]
async fn what_is_no_record_of_its_issuer_is_refused() {
    let node = node(1).await;
    let record = Identity::from_seed(&[9; 32]).unwrap().revoke(5).unwrap();
    let mut flipped = record.to_vec();
    flipped[50] ^= 1;
    for bytes in [flipped, record[..127].to_vec(), [&record[..], &[0]].concat(), Vec::new()] {
        let refused = node.learn_revocation(bytes.into()).await;
        assert!(matches!(refused, Err(Error::Base(BaseError::CodecDecode { .. }))), "{refused:?}");
    }
    let public = Identity::from_entity_id(&node.entity_id().unwrap()).unwrap();
    assert_eq!(public.revoke(1).unwrap_err().to_string(), "token: read_only");
    assert!(matches!(node.generation_floor(&[0; 31]), Err(Error::Identity(_))));
    node.shutdown(MeshShutdownOptions::default()).await.unwrap();
    assert_eq!(mesh_error(node.revoke(1).await), MeshError::ShutDown);
    assert_eq!(mesh_error(node.generation_floor(&[0; 32])), MeshError::ShutDown);
}

/// A directory of this test alone.
fn directory(name: &str) -> PathBuf {
    let directory = std::env::temp_dir().join(format!("net-revocations-{}-{name}", std::process::id()));
    drop(std::fs::remove_dir_all(&directory));
    directory
}

async fn keeping(seed: u8, directory: &Path) -> Result<Arc<MeshNode>, Error> {
    let state_dir = Some(directory.to_str().expect("a path of text").to_owned());
    MeshNode::create(MeshNodeConfig { state_dir, ..config(seed) }).await
}

#[tokio::test]
async fn a_node_that_starts_anew_knows_what_was_revoked() {
    let directory = directory("kept");
    let issuer = Identity::from_seed(&[9; 32]).unwrap();
    let stranger = Identity::from_seed(&[8; 32]).unwrap();
    let trusted_issuers = vec![issuer.entity_id()];
    let channel = ChannelConfig { trusted_issuers, ..protected("vault") };
    {
        let node = keeping(1, &directory).await.unwrap();
        node.learn_revocation(issuer.revoke(5).unwrap()).await.unwrap();
        node.learn_revocation(stranger.revoke(6).unwrap()).await.unwrap();
        node.revoke(7).await.unwrap();
        // An issuer may be trusted after it was heard of.
        node.register_channel(channel.clone()).unwrap();
        node.shutdown(MeshShutdownOptions::default()).await.unwrap();
    }
    let publisher = keeping(1, &directory).await.unwrap();
    let floor = |entity: bytes::Bytes| publisher.generation_floor(&entity).unwrap();
    let floors = [issuer.entity_id(), stranger.entity_id(), publisher.entity_id().unwrap()].map(floor);
    assert_eq!(floors, [5, 0, 7], "a stranger's is not kept");
    publisher.register_channel(channel).unwrap();
    let subscriber = node(2).await;
    connect(&subscriber, &publisher).await;
    let token = of_generation(9, 2, TokenScope::SUBSCRIBE, 0, now(), 4);
    let refused = hear(&subscriber, &publisher, "vault", with(&token)).await;
    assert_eq!(channel_error(refused), ChannelError::Unauthorized);
    drop(std::fs::remove_dir_all(&directory));
}

#[tokio::test]
async fn a_node_does_not_start_with_damaged_revocations() {
    let directory = directory("damaged");
    keeping(1, &directory).await.unwrap().revoke(7).await.unwrap();
    let files = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let kept = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "revocations"));
    let kept = kept.expect("a file");
    let mut bytes = std::fs::read(&kept).unwrap();
    bytes[70] ^= 1;
    std::fs::write(&kept, &bytes).unwrap();
    match mesh_error(keeping(1, &directory).await) {
        MeshError::StateUnusable { path, .. } => assert_eq!(path, kept.display().to_string()),
        other => panic!("{other}"),
    }
    drop(std::fs::remove_dir_all(&directory));
}
