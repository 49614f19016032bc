"""Records and unions as dicts, as published programs give them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import pytest

import net
from net import (
    CapabilityFilter,
    Identity,
    MeshNode,
    NetError,
    ScopeFilter,
    SubscribeChannelOptions,
)

PSK = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506"


@pytest.fixture
def node() -> Iterator[MeshNode]:
    node = MeshNode.create("127.0.0.1:0", PSK, identity_seed=b"\1" * 32)
    yield node
    node.shutdown()


CAPS: dict[str, Any] = {
    "hardware": {"cpu_cores": 16, "memory_gb": 64, "gpu": {"vendor": "nvidia", "vram_gb": 80}},
    "models": [{"model_id": "llama-3.1-70b", "modalities": ["text"]}],
    "tools": [{"tool_id": "python", "name": "Python"}],
    "tags": ["prod", "scope:tenant:acme"],
}


def refused(call: Any, *args: Any, **named: Any) -> str:
    with pytest.raises(NetError) as caught:
        call(*args, **named)
    return str(caught.value)


def test_announced_and_found_by_dicts(node: MeshNode) -> None:
    node.announce_capabilities(CAPS)
    own = node.node_id
    found = node.peer_capabilities(own)
    assert found is not None and found.hardware is not None and found.hardware.gpu is not None
    assert (found.hardware.gpu.vram_gb, found.models[0].model_id) == (80, "llama-3.1-70b")
    wanted: dict[str, Any] = {"require_models": ["llama-3.1-70b"], "min_vram_gb": 40}
    for filter in (wanted, OrderedDict(wanted), MappingProxyType(wanted)):
        assert node.find_nodes(filter) == node.find_nodes(filter=filter) == [own]
    assert node.find_nodes({"require_tags": ["absent"]}) == []
    assert node.find_nodes(require_tags=["prod"]) == [own]
    assert node.find_best_node({"filter": wanted}) == own
    for scope in ({"kind": "tenant", "tenant": "acme"}, ScopeFilter.tenant("acme")):
        assert node.find_nodes_scoped({}, scope) == [own]
    for name in ("global_only", "globalOnly"):
        assert node.find_nodes_scoped(CapabilityFilter(), {"kind": name}) == []


def test_dicts_are_checked_as_records_are(node: MeshNode) -> None:
    announce = node.announce_capabilities
    said = refused(announce, {"modles": []})
    assert "caps" in said and "'modles'" in said
    said = refused(announce, {"models": [{"name": "x"}]})
    assert "caps.models[0]" in said and "model_id" in said or "'name'" in said
    assert "caps.hardware.gpu.vram_gb" in refused(
        announce, {"hardware": {"gpu": {"vendor": "nvidia", "vram_gb": "80"}}}
    )
    assert "caps.tags" in refused(announce, {"tags": {"a": 1}})
    assert "caps" in refused(announce, [("tags", ["a"])])
    assert "'1'" in refused(announce, {1: 2})
    assert "filter" in refused(node.find_nodes_scoped, 7, ScopeFilter.any())
    assert refused(node.find_nodes_scoped, {}, {"tenant": "a"}).endswith("lacks its `kind`")
    said = refused(node.find_nodes_scoped, {}, {"kind": "planet"})
    assert "scope.kind" in said and '"planet" is none of any' in said
    said = refused(node.find_nodes_scoped, {}, {"kind": "tenant", "region": "x"})
    assert "scope" in said and "'region'" in said
    assert "given whole" in refused(node.find_nodes, {"min_memory_gb": 1}, require_tags=["a"])
    turn: dict[str, Any] = {}
    turn["hardware"] = turn
    assert "'hardware'" in refused(announce, turn)


def test_an_unfit_mapping_raises_what_it_raises(node: MeshNode) -> None:
    class Broken(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise RuntimeError(key)

        def __iter__(self) -> Iterator[str]:
            return iter(["tags"])

        def __len__(self) -> int:
            return 1

    with pytest.raises((RuntimeError, NetError)):
        node.announce_capabilities(Broken())


def test_a_node_and_a_channel_of_dicts() -> None:
    config = {"bind_addr": "127.0.0.1:0", "psk": PSK, "identity_seed": b"\2" * 32}
    with MeshNode.create(config) as publisher, MeshNode.create("127.0.0.1:0", PSK) as subscriber:
        publisher.register_channel({"name": "vault", "require_token": True, "visibility": "global"})
        subscriber.connect(publisher.local_addr, publisher.public_key, publisher.node_id)
        publisher.accept(subscriber.node_id)
        issuer = Identity.from_seed(b"\2" * 32)
        token = issuer.issue_token(subscriber.entity_id, ["subscribe"], "vault", 300)
        whom = publisher.node_id
        with pytest.raises(net.ChannelAuthError):
            subscriber.subscribe_channel(whom, "vault")
        published = token.to_buffer()
        for given in (token, published, {"token": token}, SubscribeChannelOptions(token=token)):
            subscriber.subscribe_channel(whom, "vault", given).close()
        heard = subscriber.subscribe_channel(whom, "vault", token=published, queue_bytes=4096)
        assert publisher.publish("vault", b"gold").delivered == 1
        assert next(iter(heard)).payload == b"gold"
        assert "queue_bytes" in refused(
            subscriber.subscribe_channel, whom, "vault", queue_bytes="x"
        )
        assert "'tokn'" in refused(subscriber.subscribe_channel, whom, "vault", {"tokn": token})
        both = refused(subscriber.subscribe_channel, whom, "vault", {"token": token}, group="g")
        assert "given whole" in both
