"""Channels between nodes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

import net
import net.aio
from net_sdk import (
    ChannelAuthError,
    ChannelError,
    Identity,
    MeshNode,
    SubscribeChannelOptions,
    TokenError,
)

pytestmark = pytest.mark.usefixtures("no_leaks")

PSK = "0" * 64
ANY = "127.0.0.1:0"


@contextmanager
def pair(seed: bytes | None = None) -> Iterator[tuple[MeshNode, MeshNode]]:
    """A publisher, and a subscriber with a session."""
    with MeshNode(ANY, PSK) as publisher, MeshNode(ANY, PSK, identity_seed=seed) as subscriber:
        publisher.start()
        subscriber.connect(publisher.local_addr, publisher.public_key, publisher.node_id)
        publisher.accept(subscriber.node_id)
        yield publisher, subscriber


def test_events_come_in_order_through_the_handle() -> None:
    with pair() as (publisher, subscriber):
        publisher.register_channel("news", reliable=True)
        heard = subscriber.subscribe_channel(publisher.node_id, "news")
        for payload in (b"a", b"b", b"c"):
            report = publisher.publish("news", payload, wait="acked")
            assert (report.attempted, report.delivered, report.errors) == (1, 1, [])
        events = [next(heard) for _ in range(3)]
        assert [event.payload for event in events] == [b"a", b"b", b"c"]
        assert [(event.sequence, event.lagged) for event in events] == [(0, 0), (1, 0), (2, 0)]
        heard.stop()
        assert heard.end_reason() == "stopped"


def test_an_ignored_handle_leaves_events_to_poll() -> None:
    with pair() as (publisher, subscriber):
        publisher.register_channel("news")
        subscriber.subscribe_channel(publisher.node_id, "news")
        gc.collect()
        publisher.publish("news", b"once", wait="acked")
        assert [(event.channel, event.payload) for event in subscriber.poll(10)] == [
            ("news", b"once")
        ]
        assert subscriber.poll(10) == []


def test_a_protected_channel_opens_for_a_trusted_token_alone() -> None:
    own, issuer = Identity.generate(), Identity.generate()
    with pair(own.to_bytes()) as (publisher, subscriber):
        publisher.register_channel("vault", require_token=True, trusted_issuers=[issuer.entity_id])

        def subscribe(token: net.Token | None) -> net.ChannelSubscription:
            options = SubscribeChannelOptions(token=token)
            return subscriber.subscribe_channel(publisher.node_id, "vault", options)

        for token in (None, own.issue_token(own.entity_id, ["subscribe"], "vault", 300)):
            with pytest.raises(ChannelAuthError, match="^channel: unauthorized$"):
                subscribe(token)
        with pytest.raises(TokenError, match="invalid_format"):
            subscribe(net.Token.parse(bytes(161)))
        heard = subscribe(issuer.issue_token(own.entity_id, ["subscribe"], "vault", 300))
        publisher.publish("vault", b"gold")
        assert next(iter(heard)).payload == b"gold"


def test_failures_have_their_kinds() -> None:
    with pair() as (publisher, subscriber):
        with pytest.raises(ChannelError) as unknown:
            subscriber.subscribe_channel(publisher.node_id, "none")
        assert unknown.value.kind == "unknown channel"
        with pytest.raises(ChannelError, match="permits nobody"):
            publisher.register_channel("a", visibility="exported")
        publisher.register_channel("a")
        heard = subscriber.subscribe_channel(publisher.node_id, "a")
        publisher.unregister_channel("a")
        with pytest.raises(ChannelError, match="^channel: removed$"):
            next(heard)
        assert list(heard) == []


def test_asyncio_awaits_events() -> None:
    async def run() -> list[bytes]:
        publisher = net.aio.MeshNode(ANY, PSK)
        subscriber = net.aio.MeshNode(ANY, PSK)
        await publisher.start()
        await subscriber.connect(publisher.local_addr, publisher.public_key, publisher.node_id)
        await publisher.accept(subscriber.node_id)
        publisher.register_channel("news")
        heard = await subscriber.subscribe_channel(publisher.node_id, "news")
        for payload in (b"a", b"b"):
            await publisher.publish("news", payload)
        payloads = [(await anext(heard)).payload for _ in range(2)]
        await subscriber.shutdown()
        await publisher.shutdown()
        return payloads

    assert asyncio.run(run()) == [b"a", b"b"]
