use super::*;
use crate::{Capabilities, Config, Filter, State, SubnetId, SubnetPolicy, SubnetRule, Visibility};
use net_crypto::{ChannelName, Delegation, Grant, Keypair, Seed, Token};
use net_gossip::{Link, Strict};
use net_types::{identity::TokenScope, wire::channel::ChannelResume};
use zeroize::Zeroizing;

/// The calendar when a test begins.
const WALL: u64 = 1_764_111_600;

fn pair(number: u8) -> Keypair {
    Keypair::from_seed(&seed(number))
}

fn seed(number: u8) -> Seed {
    Seed::new(Zeroizing::new([number; 32]))
}

fn entity(number: u8) -> EntityId {
    pair(number).entity_id()
}

/// The publisher of identity 0 and its directory; peers have the number of their identity.
struct Bench {
    publisher: Publisher,
    directory: Directory,
    at: Moment,
}

impl Bench {
    fn new() -> Self {
        let at = Moment { now: Instant::now(), wall: WALL };
        let directory = Directory::new(at, &seed(0), 7, Box::new(Strict), Config::default());
        let mut bench = Self { publisher: Publisher::new(entity(0), 7), directory, at };
        for number in 1..=5 {
            bench.publisher.peer_up(Peer(number.into()), entity(number));
        }
        bench
    }

    fn register(&mut self, name: &str, config: ChannelConfig) {
        self.publisher.register(&self.directory, name, config).unwrap();
    }

    /// The answer to a peer that asks.
    fn ask(&mut self, peer: u8, asks: ChannelSubscribe) -> Result<u64, ChannelRefusal> {
        self.publisher.subscribe(self.at, &self.directory, Peer(peer.into()), &asks);
        let answer = self.said().pop().expect("an answer");
        assert_eq!(answer.0, peer);
        match answer.1 {
            ChannelControlBody::ChannelSubscribed(says) => Ok(says.subscription),
            ChannelControlBody::ChannelRefused(says) => Err(says.reason),
            other => panic!("{other:?} is no answer"),
        }
    }

    fn said(&mut self) -> Vec<(u8, ChannelControlBody)> {
        let said = std::iter::from_fn(|| self.publisher.poll_control());
        said.map(|said| (said.peer.0 as u8, ChannelControl::decode(&said.message).unwrap().body)).collect()
    }

    fn ended(&mut self) -> Vec<(u64, ChannelEnd)> {
        let ended = |change| match change {
            Change::Ended { peer, reason, .. } => Some((peer.0, reason)),
            Change::Admitted { .. } => None,
        };
        std::iter::from_fn(|| self.publisher.poll()).filter_map(ended).collect()
    }

    fn plan(&mut self, name: &str) -> Plan {
        self.publisher.plan(self.at, &self.directory, name).unwrap()
    }

    fn pass(&mut self, seconds: u64) {
        self.at.now += Duration::from_secs(seconds);
        self.at.wall += seconds;
        self.publisher.handle_timeout(self.at);
    }

    /// A peer is known to have announced these tags.
    fn announced(&mut self, number: u8, tags: &[&str]) {
        let tags = tags.iter().map(|tag| (*tag).to_owned());
        let mut other =
            Directory::new(self.at, &seed(number), self.at.wall, Box::new(Strict), Config::default());
        other.link_up(self.at, Link::at(0), entity(0));
        other.announce(self.at, State::new(tags, [])).unwrap();
        self.directory.link_up(self.at, Link::at(number.into()), entity(number));
        while let Some(said) = other.poll_transmit() {
            self.directory.handle(self.at, Link::at(number.into()), &said.message);
        }
        self.at.wall += 1;
        while let Some(event) = self.directory.poll() {
            if let crate::Event::Changed { node } = event {
                self.publisher.announced(&self.directory, node);
            }
        }
    }
}

fn asks(channel: &str) -> ChannelSubscribe {
    ChannelSubscribe {
        flags_rest: 0,
        request: 1,
        channel: channel.to_owned(),
        group: String::new(),
        tokens: Default::default(),
        resume: None::<ChannelResume>,
    }
}

fn with(channel: &str, chain: &[&Token]) -> ChannelSubscribe {
    let tokens: Vec<_> = chain.iter().flat_map(|token| *token.as_bytes()).collect();
    ChannelSubscribe { tokens: tokens.into(), ..asks(channel) }
}

fn protected() -> ChannelConfig {
    ChannelConfig { require_token: true, ..ChannelConfig::default() }
}

fn token(issuer: u8, subject: u8, channel: &str, change: impl FnOnce(&mut Grant<'_>)) -> Token {
    let mut grant = Grant {
        subject: entity(subject),
        scope: TokenScope::SUBSCRIBE | TokenScope::DELEGATE,
        channel: ChannelName::parse(channel).unwrap(),
        ttl: 300,
        delegation_depth: 1,
        generation: 2,
    };
    change(&mut grant);
    Token::issue(&pair(issuer), &grant, WALL, 5).unwrap()
}

fn delegated(parent: &Token, signer: u8, subject: u8) -> Token {
    let part = Delegation { subject: entity(subject), scope: TokenScope::SUBSCRIBE, generation: Some(4) };
    parent.delegate(&pair(signer), &part, WALL, 6).unwrap()
}

#[test]
fn an_event_goes_to_all_who_asked_and_they_are_told_where_it_begins() {
    let mut bench = Bench::new();
    bench.register("news", ChannelConfig::default());
    assert_eq!(bench.ask(1, asks("news")), Ok(1));
    assert_eq!(bench.plan("news").targets, [Target { peer: Peer(1), subscription: 1 }]);
    bench.publisher.subscribe(bench.at, &bench.directory, Peer(2), &asks("news"));
    let ChannelControlBody::ChannelSubscribed(says) = bench.said().remove(0).1 else { panic!("refused") };
    assert_eq!((says.epoch, says.next), (7, 1));
    let plan = bench.plan("news");
    assert_eq!((plan.sequence, plan.targets.len()), (1, 2));
    bench.publisher.unsubscribe(Peer(1), 1);
    bench.publisher.peer_down(Peer(2));
    assert_eq!(bench.plan("news").targets, []);
    assert_eq!(bench.ended(), [(1, ChannelEnd::Closed)]);
}

#[test]
fn unknown_and_invalid_names_are_refused() {
    let mut bench = Bench::new();
    bench.register("news", ChannelConfig::default());
    for name in ["new", "news/a", "other"] {
        assert_eq!(bench.ask(1, asks(name)), Err(ChannelRefusal::UnknownChannel), "{name}");
    }
    for name in ["", "/news", "News"] {
        assert_eq!(bench.ask(1, asks(name)), Err(ChannelRefusal::InvalidName), "{name}");
    }
    let bad_group = ChannelSubscribe { group: "A".into(), ..asks("news") };
    assert_eq!(bench.ask(1, bad_group), Err(ChannelRefusal::InvalidName));
    assert!(bench.publisher.register(&bench.directory, "News", ChannelConfig::default()).is_err());
    assert_eq!(
        bench.publisher.plan(bench.at, &bench.directory, "other"),
        Err(ChannelRefusal::UnknownChannel)
    );
    assert!(bench.publisher.channels.is_empty(), "what was asked for in vain leaves nothing behind");
}

#[test]
fn a_prefix_stands_for_the_channels_below_it_and_the_longest_counts() {
    let mut bench = Bench::new();
    let prefix = |bench: &mut Bench, name: &str, config| {
        bench.publisher.register_prefix(&bench.directory, name, config).unwrap();
    };
    prefix(&mut bench, "a", ChannelConfig::default());
    prefix(&mut bench, "a/secret", protected());
    bench.register("a/secret/open", ChannelConfig::default());
    for (name, expected) in [
        ("a/b", Ok(1)),
        ("a/secret/x", Err(ChannelRefusal::Unauthorized)),
        ("a/secret/open", Ok(2)),
        ("a/secret", Ok(3)),
        ("a", Err(ChannelRefusal::UnknownChannel)),
        ("ab/c", Err(ChannelRefusal::UnknownChannel)),
    ] {
        assert_eq!(bench.ask(1, asks(name)), expected, "{name}");
    }
    let below = token(0, 1, "a/secret", |_| {});
    assert!(
        bench.ask(1, with("a/secret/x", &[&below])).is_ok(),
        "a token for the prefix is for what is below it"
    );
    assert_eq!(bench.ask(2, with("a/secret/x", &[&below])), Err(ChannelRefusal::Unauthorized));
}

#[test]
fn only_a_chain_from_a_trusted_issuer_to_who_asks_opens_a_protected_channel() {
    let mut bench = Bench::new();
    bench.register("p", protected());
    let good = token(0, 1, "p", |_| {});
    let expired = Token::issue(
        &pair(0),
        &Grant {
            subject: entity(1),
            scope: TokenScope::SUBSCRIBE,
            channel: ChannelName::parse("p").unwrap(),
            ttl: 10,
            delegation_depth: 0,
            generation: 2,
        },
        WALL - 10,
        5,
    )
    .unwrap();
    let early = Token::issue(
        &pair(0),
        &Grant {
            subject: entity(1),
            scope: TokenScope::SUBSCRIBE,
            channel: ChannelName::parse("p").unwrap(),
            ttl: 10,
            delegation_depth: 0,
            generation: 2,
        },
        WALL + 1,
        5,
    )
    .unwrap();
    let passed = delegated(&good, 1, 2);
    let over_delegated = {
        let part = Delegation { subject: entity(3), scope: TokenScope::SUBSCRIBE, generation: None };
        let wide = token(2, 2, "p", |_| {});
        wide.delegate(&pair(2), &part, WALL, 9).unwrap()
    };
    let own = token(1, 1, "p", |_| {});
    let of_stranger = token(4, 1, "p", |_| {});
    let elsewhere = token(0, 1, "q", |_| {});
    let other_scope = token(0, 1, "p", |grant| grant.scope = TokenScope::PUBLISH);
    let hostile: [(&str, u8, Vec<&Token>); 10] = [
        ("none", 1, vec![]),
        ("self-issued", 1, vec![&own]),
        ("of a stranger", 1, vec![&of_stranger]),
        ("expired", 1, vec![&expired]),
        ("not valid yet", 1, vec![&early]),
        ("of another subject", 2, vec![&good]),
        ("for another channel", 1, vec![&elsewhere]),
        ("without the scope", 1, vec![&other_scope]),
        ("passed on without what it was passed on of", 2, vec![&passed]),
        ("passed on too often", 3, vec![&good, &passed, &over_delegated]),
    ];
    for (what, peer, chain) in &hostile {
        assert_eq!(bench.ask(*peer, with("p", chain)), Err(ChannelRefusal::Unauthorized), "{what}");
    }
    let bytes = good.as_bytes().to_vec();
    for bytes in [bytes[..168].to_vec(), [&bytes[..], &[0]].concat(), bytes.repeat(5)] {
        let asks = ChannelSubscribe { tokens: bytes.into(), ..asks("p") };
        bench.publisher.peer_down(Peer(4));
        bench.publisher.peer_up(Peer(4), entity(1));
        assert!(bench.publisher.admit(bench.at, &bench.directory, Peer(4), &asks).is_err());
    }
    assert!(bench.plan("p").targets.is_empty());
    assert!(bench.ask(1, with("p", &[&good])).is_ok());
    assert!(bench.ask(2, with("p", &[&good, &passed])).is_ok());
    assert_eq!(bench.plan("p").targets.len(), 2);
}

#[test]
fn a_flipped_bit_in_a_token_opens_nothing() {
    let mut bench = Bench::new();
    bench.register("p", protected());
    let good = token(0, 1, "p", |_| {});
    for bit in 0..good.as_bytes().len() * 8 {
        let mut flipped = *good.as_bytes();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let asks = ChannelSubscribe { tokens: flipped.to_vec().into(), ..asks("p") };
        let answer = bench.publisher.admit(bench.at, &bench.directory, Peer(1), &asks);
        assert_eq!(answer.err(), Some(ChannelRefusal::Unauthorized), "bit {bit}");
    }
}

#[test]
fn trusted_issuers_take_the_place_of_the_publisher() {
    let mut bench = Bench::new();
    bench.register("p", ChannelConfig { trusted_issuers: vec![entity(3)], ..protected() });
    assert_eq!(bench.ask(1, with("p", &[&token(0, 1, "p", |_| {})])), Err(ChannelRefusal::Unauthorized));
    assert!(bench.ask(1, with("p", &[&token(3, 1, "p", |_| {})])).is_ok());
    bench.register("p", ChannelConfig { trusted_issuers: vec![entity(4)], ..protected() });
    assert_eq!(bench.ended(), [(1, ChannelEnd::Unauthorized)]);
}

#[test]
fn a_subscription_ends_with_the_first_token_of_its_chain_and_nothing_is_sent_after() {
    let mut bench = Bench::new();
    bench.register("p", protected());
    let long = token(0, 1, "p", |grant| grant.ttl = 100_000);
    bench.ask(1, with("p", &[&token(0, 1, "p", |grant| grant.ttl = 60)])).unwrap();
    bench.ask(2, with("p", &[&long, &delegated(&long, 1, 2)])).unwrap();
    bench.pass(59);
    assert_eq!((bench.plan("p").targets.len(), bench.ended()), (2, vec![]));
    bench.at.wall += 1;
    let plan = bench.plan("p");
    assert_eq!((plan.targets.len(), plan.left_out[0].1), (1, Reason::Denied), "also before the sweep");
    bench.pass(1);
    assert_eq!(bench.ended(), [(1, ChannelEnd::Expired)]);
    assert_eq!(
        bench.said(),
        [(
            1,
            ChannelControlBody::ChannelEnded(ChannelEnded { subscription: 1, reason: ChannelEnd::Expired })
        )]
    );
    bench.pass(99_000);
    assert_eq!(bench.ended(), []);
    bench.pass(2_000);
    assert_eq!(bench.ended(), [(2, ChannelEnd::Expired)]);
}

#[test]
fn revoking_any_link_of_a_chain_cuts_what_rests_on_it() {
    let mut bench = Bench::new();
    bench.register("p", protected());
    let good = token(0, 1, "p", |_| {});
    let passed = delegated(&good, 1, 2);
    bench.ask(1, with("p", &[&good])).unwrap();
    bench.ask(2, with("p", &[&good, &passed])).unwrap();
    bench.publisher.revoked(entity(1), 4);
    bench.publisher.revoked(entity(0), 2);
    assert_eq!(bench.ended(), [], "a floor that no link is below");
    bench.publisher.revoked(entity(1), 5);
    assert_eq!(bench.ended(), [(2, ChannelEnd::Revoked)]);
    bench.directory.revoke(bench.at, 3).unwrap();
    bench.publisher.revoked(entity(0), 3);
    assert_eq!(bench.ended(), [(1, ChannelEnd::Revoked)]);
    assert_eq!(
        bench.ask(1, with("p", &[&good])),
        Err(ChannelRefusal::Unauthorized),
        "and it is not opened again"
    );
    assert!(bench.ask(1, with("p", &[&token(0, 1, "p", |grant| grant.generation = 3)])).is_ok());
}

#[test]
fn who_is_refused_too_often_waits_before_anything_is_looked_at() {
    let mut bench = Bench::new();
    bench.register("news", ChannelConfig::default());
    (0..16).for_each(|_| assert_eq!(bench.ask(1, asks("other")), Err(ChannelRefusal::UnknownChannel)));
    assert_eq!(bench.ask(1, asks("news")), Err(ChannelRefusal::RateLimited));
    assert!(bench.ask(2, asks("news")).is_ok(), "others do not wait");
    bench.publisher.peer_down(Peer(1));
    bench.publisher.peer_up(Peer(1), entity(1));
    bench.pass(29);
    assert_eq!(bench.ask(1, asks("news")), Err(ChannelRefusal::RateLimited));
    bench.pass(1);
    assert!(bench.ask(1, asks("news")).is_ok());
}

#[test]
fn a_peer_has_so_many_subscriptions_and_one_of_a_channel() {
    let mut bench = Bench::new();
    bench.publisher.register_prefix(&bench.directory, "a", ChannelConfig::default()).unwrap();
    for at in 0..MAX_SUBSCRIPTIONS {
        assert!(bench.ask(1, asks(&format!("a/{at}"))).is_ok());
    }
    assert_eq!(bench.ask(1, asks("a/more")), Err(ChannelRefusal::TooMany));
    bench.publisher.peer_down(Peer(1));
    assert!(bench.publisher.channels.is_empty());
    bench.ended();
    assert_eq!((bench.ask(2, asks("a/b")), bench.ask(2, asks("a/b"))), (Ok(1), Ok(2)));
    assert_eq!(bench.ended(), [(2, ChannelEnd::Replaced)]);
    assert_eq!(bench.plan("a/b").targets.len(), 1);
}

#[test]
fn each_event_goes_to_one_member_of_a_group_in_turn() {
    let mut bench = Bench::new();
    bench.register("work", ChannelConfig::default());
    for peer in 1..=3 {
        bench.ask(peer, ChannelSubscribe { group: "workers".into(), ..asks("work") }).unwrap();
    }
    bench.ask(4, asks("work")).unwrap();
    let mut turns: Vec<Vec<u64>> = Vec::new();
    for _ in 0..4 {
        let plan = bench.plan("work");
        assert_eq!(plan.targets.iter().map(|target| target.peer.0).collect::<Vec<_>>(), [4]);
        turns.extend(plan.groups.iter().map(|group| group.iter().map(|target| target.peer.0).collect()));
    }
    let expected: [Vec<u64>; 4] = [vec![1, 2, 3], vec![2, 3, 1], vec![3, 1, 2], vec![1, 2, 3]];
    assert_eq!(turns, expected, "who is behind the first gets it where that one has no room");
}

#[test]
fn a_rate_lets_so_many_events_through_and_the_rest_is_said() {
    let mut bench = Bench::new();
    bench.register(
        "fast",
        ChannelConfig { max_rate_pps: Some(100), priority: 3, reliable: true, ..ChannelConfig::default() },
    );
    bench.ask(1, asks("fast")).unwrap();
    let plans: Vec<_> = (0..30).map(|_| bench.plan("fast")).collect();
    assert_eq!(
        plans.iter().filter(|plan| !plan.targets.is_empty()).count(),
        10,
        "a tenth of a second's at once"
    );
    let last = &plans[29];
    assert_eq!(
        (last.left_out[0].1, last.sequence, last.priority, last.is_reliable),
        (Reason::Rate, 10, 3, true)
    );
    bench.at.now += Duration::from_millis(10);
    assert_eq!(bench.plan("fast").sequence, 10, "what went to nobody takes no number");
}

#[test]
fn subnets_and_capabilities_decide_who_hears_and_go_on_deciding() {
    let mut bench = Bench::new();
    let values = [("us".to_owned(), 3), ("eu".to_owned(), 4)].into();
    let rule = SubnetRule::new("region:".into(), 0, values).unwrap();
    bench.directory.set_geometry(Some(SubnetId::new(&[3]).unwrap()), SubnetPolicy::new(vec![rule]));
    bench
        .register("local", ChannelConfig { visibility: Visibility::SubnetLocal, ..ChannelConfig::default() });
    let filter = Filter { require_tags: vec!["gpu".into()], ..Filter::default() };
    bench.register("gpus", ChannelConfig { subscribe_caps: Some(filter), ..ChannelConfig::default() });
    assert_eq!(
        bench.ask(1, asks("local")),
        Err(ChannelRefusal::Unauthorized),
        "not announced is in no subnet"
    );
    assert_eq!(bench.ask(1, asks("gpus")), Err(ChannelRefusal::Unauthorized));
    bench.announced(1, &["region:us", "gpu"]);
    bench.announced(2, &["region:eu"]);
    assert_eq!(bench.ask(2, asks("local")), Err(ChannelRefusal::Unauthorized));
    assert!(bench.ask(1, asks("local")).is_ok() && bench.ask(1, asks("gpus")).is_ok());
    bench.announced(1, &["region:eu", "gpu"]);
    assert_eq!(bench.ended(), [(1, ChannelEnd::Unauthorized)]);
    assert!(bench.plan("local").targets.is_empty() && bench.plan("gpus").targets.len() == 1);
    bench.announced(1, &["region:us"]);
    assert_eq!(bench.ended(), [(1, ChannelEnd::Unauthorized)]);
    assert!(bench.plan("gpus").targets.is_empty());
}

#[test]
fn publishing_takes_what_the_channel_says() {
    let mut bench = Bench::new();
    let filter = Filter { require_gpu: true, ..Filter::default() };
    bench.register("p", ChannelConfig { publish_caps: Some(filter), ..ChannelConfig::default() });
    assert_eq!(bench.publisher.plan(bench.at, &bench.directory, "p"), Err(ChannelRefusal::Unauthorized));
    let gpu = crate::capabilities::Gpu::default();
    let hardware = crate::capabilities::Hardware { gpus: vec![gpu], ..Default::default() };
    let all = Capabilities { hardware, ..Capabilities::default() };
    bench.directory.announce(bench.at, all.to_state()).unwrap();
    assert!(bench.publisher.plan(bench.at, &bench.directory, "p").is_ok());
}

#[test]
fn a_registration_that_goes_or_changes_ends_what_it_does_not_permit() {
    let mut bench = Bench::new();
    bench.register("a", ChannelConfig::default());
    bench.register("b", ChannelConfig::default());
    bench.ask(1, asks("a")).unwrap();
    bench.ask(1, asks("b")).unwrap();
    bench.register("a", ChannelConfig { priority: 9, ..ChannelConfig::default() });
    assert_eq!((bench.ended(), bench.plan("a").priority), (vec![], 9));
    bench.register("a", protected());
    assert_eq!(bench.ended(), [(1, ChannelEnd::Unauthorized)]);
    assert!(bench.publisher.remove(&bench.directory, "b") && !bench.publisher.remove(&bench.directory, "b"));
    assert_eq!(bench.ended(), [(1, ChannelEnd::Removed)]);
    bench.register("c", ChannelConfig::default());
    bench.ask(1, asks("c")).unwrap();
    bench.publisher.shut_down();
    assert_eq!(bench.ended(), [(1, ChannelEnd::ShuttingDown)]);
}

#[test]
fn a_snapshot_stays_as_it_is_and_tells_when_it_is_old() {
    let mut bench = Bench::new();
    bench.register("news", ChannelConfig::default());
    bench.ask(1, asks("news")).unwrap();
    let roster = bench.publisher.roster("news").unwrap().clone();
    let (snapshot, edition) = (roster.snapshot(), roster.edition());
    let before = edition.load(std::sync::atomic::Ordering::Acquire);
    bench.ask(2, asks("news")).unwrap();
    assert_eq!(snapshot.len(), 1);
    assert!(edition.load(std::sync::atomic::Ordering::Acquire) > before);
    assert_eq!(bench.publisher.roster("news").unwrap().snapshot().len(), 2);
}
