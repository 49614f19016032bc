//! Channels between nodes: who hears what, what a publish reports, and how subscriptions end.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use net_node::{
    identity::{Identity, Token},
    mesh::{ChannelSubscription, MeshNode},
};
use net_types::{
    Error,
    api::{ChannelSubscription as _, Identity as _, MeshNode as _, Token as _},
    channel::{
        ChannelConfig, ChannelError, ChannelEvent, OnFailure, PublishReason, PublishReport, PublishWait,
        SubscribeChannelOptions, SubscriptionEnd, Visibility,
    },
    identity::{IssueTokenOptions, TokenScope},
    mesh::{MeshNodeConfig, MeshShutdownOptions, PublishConfig, Reliability, StreamConfig, StreamError},
};

use crate::nodes::*;

pub(crate) fn plain() -> SubscribeChannelOptions<Arc<Token>> {
    SubscribeChannelOptions { token: None, tokens: Vec::new(), group: String::new(), queue: 1 << 20 }
}

pub(crate) fn with(token: &Arc<Token>) -> SubscribeChannelOptions<Arc<Token>> {
    SubscribeChannelOptions { token: Some(Arc::clone(token)), ..plain() }
}

pub(crate) async fn hear(
    who: &MeshNode,
    whom: &MeshNode,
    channel: &str,
    options: SubscribeChannelOptions<Arc<Token>>,
) -> Result<Arc<ChannelSubscription>, Error> {
    who.subscribe_channel(whom.node_id().expect("an id"), channel.to_owned(), options).await
}

pub(crate) async fn say(
    who: &MeshNode,
    channel: &str,
    text: &str,
    options: PublishConfig,
) -> Result<PublishReport, Error> {
    who.publish(channel.to_owned(), Bytes::copy_from_slice(text.as_bytes()), options).await
}

/// Reads so many events; an error or the end comes as it is.
pub(crate) async fn read(heard: &ChannelSubscription, count: usize) -> Result<Vec<ChannelEvent>, Error> {
    let mut events = Vec::new();
    while events.len() < count {
        let most = (count - events.len()) as u32;
        let more = tokio::time::timeout(Duration::from_secs(30), heard.next(most)).await;
        let more = more.expect("events in time")?;
        if more.is_empty() {
            break;
        }
        events.extend(more);
    }
    Ok(events)
}

pub(crate) fn texts(events: &[ChannelEvent]) -> Vec<&str> {
    events.iter().map(|event| std::str::from_utf8(&event.payload).expect("text")).collect()
}

pub(crate) fn channel_error<T>(result: Result<T, Error>) -> ChannelError {
    match result.map(drop).expect_err("an error") {
        Error::Channel(error) => error,
        other => panic!("{other}"),
    }
}

pub(crate) fn grant(issuer: u8, subject: u8, channel: &str) -> Arc<Token> {
    let issuer = Identity::from_seed(&[issuer; 32]).expect("a seed");
    let subject = Identity::from_seed(&[subject; 32]).expect("a seed");
    let options = IssueTokenOptions::new(
        subject.entity_id(),
        TokenScope::SUBSCRIBE,
        channel.to_owned(),
        Duration::from_secs(300),
    );
    issuer.issue_token(options).expect("a token")
}

pub(crate) fn protected(name: &str) -> ChannelConfig {
    ChannelConfig { require_token: true, ..ChannelConfig::new(name.to_owned()) }
}

/// A publisher and a subscriber who share a session.
pub(crate) async fn pair() -> (Arc<MeshNode>, Arc<MeshNode>) {
    let (publisher, subscriber) = (node(1).await, node(2).await);
    connect(&subscriber, &publisher).await;
    (publisher, subscriber)
}

#[tokio::test]
async fn events_come_with_publisher_channel_and_number() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let report = say(&publisher, "news", "nobody hears it", PublishConfig::default()).await.unwrap();
    assert_eq!((report.attempted, report.delivered, report.sequence), (0, 0, Some(0)));
    let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    assert_eq!((heard.publisher(), heard.channel().as_str()), (publisher.node_id().unwrap(), "news"));
    for text in ["a", "b"] {
        let report = say(&publisher, "news", text, PublishConfig::default()).await.unwrap();
        assert_eq!((report.attempted, report.delivered, report.errors), (1, 1, Vec::new()));
    }
    let events = read(&heard, 2).await.unwrap();
    assert_eq!(texts(&events), ["a", "b"]);
    for (event, number) in events.iter().zip(1..) {
        assert_eq!((event.publisher, event.channel.as_str()), (publisher.node_id().unwrap(), "news"));
        assert_eq!((event.sequence, event.lagged, event.restarted), (number, 0, false));
    }
    assert_eq!(heard.end_reason().unwrap(), None);
}

#[tokio::test]
async fn an_event_is_read_once_by_the_handle_or_by_poll() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    drop(hear(&subscriber, &publisher, "news", plain()).await.unwrap());
    let stream = stream(&publisher, &subscriber, 5, Reliability::Reliable, 0);
    say(&publisher, "news", "a", PublishConfig::default()).await.unwrap();
    let mut polled = Vec::new();
    while polled.is_empty() {
        polled = subscriber.poll(10).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!((polled[0].payload.as_ref(), polled[0].channel.as_deref()), (&b"a"[..], Some("news")));
    assert_eq!((polled[0].sequence, polled[0].sender), (0, publisher.node_id().unwrap()));
    say(&publisher, "news", "b", PublishConfig::default()).await.unwrap();
    publisher.send_on_stream(stream, vec![Bytes::from_static(b"message")]).await.unwrap();
    let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    assert_eq!(texts(&read(&heard, 1).await.unwrap()), ["b"]);
    say(&publisher, "news", "c", PublishConfig::default()).await.unwrap();
    let mut polled = Vec::new();
    while polled.is_empty() {
        polled = subscriber.poll(10).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(
        (polled.len(), polled[0].payload.as_ref(), polled[0].channel.as_deref()),
        (1, &b"message"[..], None)
    );
    assert_eq!(texts(&read(&heard, 1).await.unwrap()), ["c"]);
}

#[tokio::test]
async fn who_asks_anew_hears_what_is_on_its_way() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let _first = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    for round in 0..50 {
        let said = [0, 1, 2].map(|event| format!("{round} {event}"));
        for text in &said {
            say(&publisher, "news", text, PublishConfig::default()).await.unwrap();
        }
        let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
        let events = read(&heard, 3).await.unwrap();
        assert_eq!((texts(&events), events[0].lagged), (said.iter().map(String::as_str).collect(), 0));
    }
}

#[tokio::test]
async fn who_publishes_in_a_loop_leaves_turns_to_the_node_on_the_same_thread() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    let reader = tokio::spawn(async move { read(&heard, 200).await.map(|events| events.len()) });
    let text = "x".repeat(100_000);
    let (mut attempts, mut delivered) = (0, 0);
    while delivered < 200 {
        attempts += 1;
        assert!(attempts < 10_000_000, "{delivered} delivered");
        delivered += say(&publisher, "news", &text, PublishConfig::default()).await.unwrap().delivered;
    }
    assert_eq!(reader.await.unwrap().unwrap(), 200);
}

#[tokio::test]
async fn who_hears_of_no_event_since_the_session_has_no_stream_left_is_told() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let node = subscriber.node_id().unwrap();
    let streams = (0..).map(|id| publisher.open_stream(node, StreamConfig::new(id)));
    let open: Vec<_> = streams.map_while(Result::ok).collect();
    assert!(open.len() > 4_000, "{}", open.len());
    let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    assert_eq!(channel_error(read(&heard, 1).await), ChannelError::TooMany);
    assert_eq!(heard.end_reason().unwrap(), Some(SubscriptionEnd::Refused));
    let report = say(&publisher, "news", "a", PublishConfig::default()).await.unwrap();
    assert_eq!(report.attempted, 0);
}

#[tokio::test]
async fn refusals_have_their_kinds() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(protected("restricted")).unwrap();
    let refused = |result: Result<Arc<ChannelSubscription>, Error>| channel_error(result);
    assert_eq!(refused(hear(&subscriber, &publisher, "other", plain()).await), ChannelError::UnknownChannel);
    assert_eq!(
        refused(hear(&subscriber, &publisher, "restricted", plain()).await),
        ChannelError::Unauthorized
    );
    let wrong = hear(&subscriber, &publisher, "Upper", plain()).await;
    assert!(matches!(channel_error(wrong), ChannelError::InvalidName { .. }));
    let stranger = node(3).await;
    assert_eq!(refused(hear(&subscriber, &stranger, "other", plain()).await), ChannelError::NotConnected);
    let unknown = say(&publisher, "other", "", PublishConfig::default()).await;
    assert_eq!(channel_error(unknown), ChannelError::UnknownChannel);
    let wrong = publisher.register_channel(ChannelConfig::new("a//b".to_owned()));
    assert!(matches!(channel_error(wrong), ChannelError::InvalidName { .. }));
    let exported = ChannelConfig { visibility: Visibility::Exported, ..ChannelConfig::new("x".to_owned()) };
    let refused = channel_error(publisher.register_channel(exported));
    assert!(
        refused.to_string().starts_with("channel: invalid visibility: exported permits nobody"),
        "{refused}"
    );
    let local =
        ChannelConfig { visibility: Visibility::SubnetLocal, ..ChannelConfig::new("local".to_owned()) };
    publisher.register_channel(local).unwrap();
    assert_eq!(
        channel_error(hear(&subscriber, &publisher, "local", plain()).await),
        ChannelError::Unauthorized
    );
}

#[tokio::test]
async fn a_throttled_peer_is_told_so() {
    let (publisher, subscriber) = pair().await;
    for _ in 0..16 {
        let refused = hear(&subscriber, &publisher, "other", plain()).await;
        assert_eq!(channel_error(refused), ChannelError::UnknownChannel);
    }
    publisher.register_channel(ChannelConfig::new("other".to_owned())).unwrap();
    assert_eq!(
        channel_error(hear(&subscriber, &publisher, "other", plain()).await),
        ChannelError::RateLimited
    );
}

#[tokio::test]
async fn only_a_token_for_this_node_and_channel_from_a_trusted_issuer_opens() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(protected("vault")).unwrap();
    let spoiled = |at: usize| {
        let mut bytes = grant(1, 2, "vault").to_buffer().unwrap().to_vec();
        bytes[at] ^= 1;
        Token::parse(&bytes).unwrap()
    };
    for (what, token) in [
        ("self-issued", grant(2, 2, "vault")),
        ("of a stranger", grant(9, 2, "vault")),
        ("for another node", grant(1, 3, "vault")),
        ("for another channel", grant(1, 2, "other")),
        ("with a flipped bit of its scope", spoiled(64)),
        ("with a flipped bit of its signature", spoiled(120)),
    ] {
        let refused = hear(&subscriber, &publisher, "vault", with(&token)).await;
        assert_eq!(channel_error(refused), ChannelError::Unauthorized, "{what}");
    }
    let both = SubscribeChannelOptions { tokens: vec![grant(1, 2, "vault")], ..with(&grant(1, 2, "vault")) };
    assert!(matches!(hear(&subscriber, &publisher, "vault", both).await, Err(Error::Base(_))));
    let many = SubscribeChannelOptions { tokens: vec![grant(1, 2, "vault"); 5], ..plain() };
    assert!(matches!(hear(&subscriber, &publisher, "vault", many).await, Err(Error::Base(_))));
    let heard = hear(&subscriber, &publisher, "vault", with(&grant(1, 2, "vault"))).await.unwrap();
    say(&publisher, "vault", "gold", PublishConfig::default()).await.unwrap();
    assert_eq!(texts(&read(&heard, 1).await.unwrap()), ["gold"]);
}

#[tokio::test]
async fn a_reliable_channel_waits_for_room_and_another_says_who_had_none() {
    let (publisher, subscriber) = pair().await;
    for (name, reliable) in [("kept", Some(true)), ("plain", None), ("lossy", Some(false))] {
        publisher
            .register_channel(ChannelConfig { reliable, ..ChannelConfig::new(name.to_owned()) })
            .unwrap();
    }
    let text = "x".repeat(100_000);
    let narrow = || SubscribeChannelOptions { queue: 1_024, ..plain() };
    // Nobody reads: the queue has room for one, and the window of the stream for so many more.
    let heard = hear(&subscriber, &publisher, "plain", narrow()).await.unwrap();
    let mut taken = 0;
    let report = loop {
        let report = say(&publisher, "plain", &text, PublishConfig::default()).await.unwrap();
        if report.delivered == 0 {
            break report;
        }
        taken += 1;
    };
    assert_eq!((report.attempted, report.errors.len()), (1, 1));
    assert_eq!(report.errors[0].node_id, subscriber.node_id().unwrap());
    assert_eq!(report.errors[0].reason, PublishReason::NoRoom);
    let fast = PublishConfig { on_failure: OnFailure::FailFast, ..PublishConfig::default() };
    let failed = channel_error(say(&publisher, "plain", &text, fast).await);
    assert!(matches!(failed, ChannelError::NotDelivered { .. }), "{failed}");
    let waiting = PublishConfig { reliability: Some(Reliability::Reliable), ..PublishConfig::default() };
    let soon = PublishConfig { deadline: Duration::from_millis(1), ..waiting.clone() };
    let report = say(&publisher, "plain", &text, soon).await.unwrap();
    assert_eq!((report.delivered, report.errors[0].reason), (0, PublishReason::NoRoom));
    let (said, events) = tokio::join!(say(&publisher, "plain", "last", waiting), read(&heard, taken + 1));
    assert_eq!(said.unwrap().delivered, 1);
    let events = events.unwrap();
    let last = events.last().unwrap();
    assert_eq!((last.payload.as_ref(), last.lagged), (&b"last"[..], 3));
    assert_eq!(last.sequence, taken as u64 + 3);
    assert!(events[..taken].iter().all(|event| event.lagged == 0));

    let heard = hear(&subscriber, &publisher, "kept", narrow()).await.unwrap();
    let all = async {
        for _ in 0..taken * 3 {
            let report = say(&publisher, "kept", &text, PublishConfig::default()).await.unwrap();
            assert_eq!(report.delivered, 1);
        }
    };
    let ((), events) = tokio::join!(all, read(&heard, taken * 3));
    assert!(
        events.unwrap().iter().zip(0..).all(|(event, number)| event.sequence == number && event.lagged == 0)
    );

    let refused = say(
        &publisher,
        "lossy",
        "x",
        PublishConfig { reliability: Some(Reliability::Reliable), ..PublishConfig::default() },
    );
    assert_eq!(channel_error(refused.await), ChannelError::InvalidReliability);
    let long = "x".repeat((256 << 10) + 1);
    let refused = say(&publisher, "lossy", &long, PublishConfig::default()).await;
    assert!(matches!(stream_error(refused), StreamError::MessageTooLarge { .. }));
}

#[tokio::test]
async fn events_of_waiting_publishes_keep_their_order() {
    let (publisher, subscriber) = pair().await;
    let reliable = ChannelConfig { reliable: Some(true), ..ChannelConfig::new("kept".to_owned()) };
    publisher.register_channel(reliable).unwrap();
    let narrow = SubscribeChannelOptions { queue: 1_024, ..plain() };
    let heard = hear(&subscriber, &publisher, "kept", narrow).await.unwrap();
    let payload = Bytes::from(vec![7; 50_000]);
    let publishing: Vec<_> = (0..200)
        .map(|_| {
            let (publisher, payload) = (Arc::clone(&publisher), payload.clone());
            tokio::spawn(async move {
                publisher.publish("kept".to_owned(), payload, PublishConfig::default()).await
            })
        })
        .collect();
    let events = read(&heard, 200).await.unwrap();
    assert!(events.iter().zip(0..).all(|(event, number)| event.sequence == number && event.lagged == 0));
    for published in publishing {
        assert_eq!(published.await.unwrap().unwrap().delivered, 1);
    }
}

#[tokio::test]
async fn an_acknowledged_publish_has_arrived() {
    let (publisher, subscriber) = pair().await;
    for (name, reliable) in [("kept", Some(true)), ("lossy", Some(false))] {
        publisher
            .register_channel(ChannelConfig { reliable, ..ChannelConfig::new(name.to_owned()) })
            .unwrap();
    }
    let _heard = hear(&subscriber, &publisher, "kept", plain()).await.unwrap();
    let acked = || PublishConfig { wait: PublishWait::Acked, ..PublishConfig::default() };
    let report = say(&publisher, "kept", "a", acked()).await.unwrap();
    assert_eq!((report.attempted, report.delivered, report.errors), (1, 1, Vec::new()));
    assert_eq!(channel_error(say(&publisher, "lossy", "a", acked()).await), ChannelError::InvalidReliability);
}

#[tokio::test]
async fn a_group_shares_events_and_numbers_stay_those_of_the_channel() {
    let publisher = node(1).await;
    publisher.register_channel(ChannelConfig::new("work".to_owned())).unwrap();
    let mut heard = Vec::new();
    let mut nodes = Vec::new();
    for seed in 2..4 {
        let member = node(seed).await;
        connect(&member, &publisher).await;
        let options = SubscribeChannelOptions { group: "workers".to_owned(), ..plain() };
        heard.push(hear(&member, &publisher, "work", options).await.unwrap());
        nodes.push(member);
    }
    for number in 0..6 {
        let report = say(&publisher, "work", &number.to_string(), PublishConfig::default()).await.unwrap();
        assert_eq!((report.attempted, report.delivered), (1, 1));
    }
    let mut numbers = Vec::new();
    for subscription in &heard {
        for event in read(subscription, 3).await.unwrap() {
            assert_eq!((event.sequence.to_string().as_bytes(), event.lagged), (event.payload.as_ref(), 0));
            numbers.push(event.sequence);
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_member_without_room_leaves_events_to_the_others() {
    let publisher = node(1).await;
    publisher.register_channel(ChannelConfig::new("work".to_owned())).unwrap();
    let mut heard = Vec::new();
    let mut nodes = Vec::new();
    for (seed, queue) in [(2, 1_024), (3, 64 << 20)] {
        let member = node(seed).await;
        connect(&member, &publisher).await;
        let options = SubscribeChannelOptions { group: "workers".to_owned(), queue, ..plain() };
        heard.push(hear(&member, &publisher, "work", options).await.unwrap());
        nodes.push(member);
    }
    let text = "x".repeat(100_000);
    let acked = || PublishConfig { wait: PublishWait::Acked, ..PublishConfig::default() };
    let mut delivered = 0;
    while delivered < 100 {
        // The quick one may have no room for a moment as well.
        delivered += say(&publisher, "work", &text, acked()).await.unwrap().delivered;
    }
    // Both have had some, and the one whose queue is full the fewer.
    let slow = nodes[0].stats().unwrap().queued;
    let quick = nodes[1].stats().unwrap().queued;
    assert!((1..20).contains(&slow) && quick > 50, "{slow} {quick}");
}

#[tokio::test]
async fn each_end_has_its_reason() {
    let (publisher, subscriber) = pair().await;
    for name in ["a", "b", "c", "d", "e"] {
        publisher.register_channel(ChannelConfig::new(name.to_owned())).unwrap();
    }
    let stopped = hear(&subscriber, &publisher, "a", plain()).await.unwrap();
    stopped.stop().unwrap();
    assert_eq!(stopped.end_reason().unwrap(), Some(SubscriptionEnd::Stopped));
    assert_eq!(read(&stopped, 1).await.unwrap(), []);
    let left = hear(&subscriber, &publisher, "b", plain()).await.unwrap();
    left.close();
    assert_eq!(read(&left, 1).await.unwrap(), []);
    let dropped = hear(&subscriber, &publisher, "c", plain()).await.unwrap();
    subscriber.unsubscribe_channel(publisher.node_id().unwrap(), "c".to_owned()).await.unwrap();
    assert_eq!(dropped.end_reason().unwrap(), Some(SubscriptionEnd::Unsubscribed));
    let removed = hear(&subscriber, &publisher, "d", plain()).await.unwrap();
    say(&publisher, "d", "last", PublishConfig::default()).await.unwrap();
    assert!(
        publisher.unregister_channel("d", false).unwrap()
            && !publisher.unregister_channel("d", false).unwrap()
    );
    assert_eq!(texts(&read(&removed, 1).await.unwrap()), ["last"], "what was published before is heard");
    assert_eq!(channel_error(read(&removed, 1).await), ChannelError::Removed);
    assert_eq!(read(&removed, 1).await.unwrap(), []);
    assert_eq!(removed.end_reason().unwrap(), Some(SubscriptionEnd::Removed));
    eventually("the publisher knows of all ends", || {
        ["a", "b", "c"].iter().all(|name| publisher.subscribers(name) == 0)
    })
    .await;
    let open = hear(&subscriber, &publisher, "e", plain()).await.unwrap();
    let (end, events) = tokio::join!(subscriber.shutdown(MeshShutdownOptions::default()), read(&open, 1));
    end.unwrap();
    assert_eq!((events.unwrap(), open.end_reason().unwrap()), (vec![], Some(SubscriptionEnd::ShutDown)));
}

#[tokio::test]
async fn what_was_published_before_a_shutdown_is_heard() {
    let (publisher, subscriber) = pair().await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    for number in 0..100 {
        say(&publisher, "news", &number.to_string(), PublishConfig::default()).await.unwrap();
    }
    publisher.shutdown(MeshShutdownOptions::default()).await.unwrap();
    let events = read(&heard, 100).await.unwrap();
    assert!(events.iter().zip(0..).all(|(event, number)| event.sequence == number));
    assert_eq!(heard.end_reason().unwrap(), None, "it is asked for again when the publisher is back");
}

#[tokio::test]
async fn a_subscription_goes_on_after_a_reconnect_and_tells_what_was_missed() {
    let publisher = node(1).await;
    let subscriber = MeshNode::create(MeshNodeConfig { ..config(2) }).await.unwrap();
    connect(&subscriber, &publisher).await;
    publisher.register_channel(ChannelConfig::new("news".to_owned())).unwrap();
    let heard = hear(&subscriber, &publisher, "news", plain()).await.unwrap();
    say(&publisher, "news", "a", PublishConfig::default()).await.unwrap();
    assert_eq!(texts(&read(&heard, 1).await.unwrap()), ["a"]);
    publisher.disconnect(subscriber.node_id().unwrap()).await.unwrap();
    eventually("the session has ended", || subscriber.peer_count().unwrap() == 0).await;
    for text in ["b", "c"] {
        let report = say(&publisher, "news", text, PublishConfig::default()).await.unwrap();
        assert_eq!(report.attempted, 0);
    }
    connect(&subscriber, &publisher).await;
    eventually("it is heard again", || publisher.subscribers("news") == 1).await;
    say(&publisher, "news", "d", PublishConfig::default()).await.unwrap();
    let events = read(&heard, 1).await.unwrap();
    assert_eq!((texts(&events), events[0].sequence, events[0].lagged), (vec!["d"], 3, 2));
}

#[tokio::test]
async fn a_rate_and_its_excess_are_reported() {
    let (publisher, subscriber) = pair().await;
    let slow = ChannelConfig { max_rate_pps: Some(1), ..ChannelConfig::new("slow".to_owned()) };
    publisher.register_channel(slow).unwrap();
    let _heard = hear(&subscriber, &publisher, "slow", plain()).await.unwrap();
    let first = say(&publisher, "slow", "a", PublishConfig::default()).await.unwrap();
    assert_eq!((first.delivered, first.sequence), (1, Some(0)));
    let second = say(&publisher, "slow", "b", PublishConfig::default()).await.unwrap();
    assert_eq!((second.attempted, second.delivered, second.sequence), (1, 0, None));
    assert_eq!(second.errors[0].reason, PublishReason::Rate);
}
