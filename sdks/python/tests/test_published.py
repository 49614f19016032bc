"""The published names: importable, callable, and with the parameters that they were published with."""

from __future__ import annotations

import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import net
import net.aio
import net_sdk

CALLS = """
net.Net(num_shards, ring_buffer_capacity, backpressure_mode)
net.Net.ingest(event)
net.Net.ingest_raw(json)
net.Net.ingest_raw_batch(events)
net.Net.poll(limit, cursor, filter, ordering)
net.Net.num_shards()
net.Net.stats()
net.Net.shutdown()
net.Net.__enter__()
net.generate_net_keypair()
net_sdk.NetNode(shards, buffer_capacity, backpressure)
net_sdk.NetNode.from_bus(bus)
net_sdk.NetNode.emit(event)
net_sdk.NetNode.emit_batch(events)
net_sdk.NetNode.emit_raw(json_str)
net_sdk.NetNode.emit_raw_batch(json_strs)
net_sdk.NetNode.fire(json_str)
net_sdk.NetNode.poll(limit, cursor, filter, ordering)
net_sdk.NetNode.poll_one()
net_sdk.NetNode.shards()
net_sdk.NetNode.stats()
net_sdk.NetNode.subscribe(limit, filter, ordering, timeout, poll_interval, max_backoff)
net_sdk.NetNode.subscribe_typed(model, limit, filter, ordering, timeout)
net_sdk.NetNode.channel(name, model)
net_sdk.NetNode.shutdown()
net_sdk.NetNode.__enter__()
net_sdk.EventStream(bus, opts)
net_sdk.EventStream.stop()
net_sdk.EventStream.__iter__()
net_sdk.EventStream.__aiter__()
net_sdk.TypedEventStream(bus, parse, opts)
net_sdk.TypedEventStream.stop()
net_sdk.TypedEventStream.__iter__()
net_sdk.TypedEventStream.__aiter__()
net_sdk.TypedChannel(bus, name, model, parse)
net_sdk.TypedChannel.publish(event)
net_sdk.TypedChannel.publish_batch(events)
net_sdk.TypedChannel.subscribe(opts)
net_sdk.TypedChannel.subscribe_raw(opts)
net.Identity.generate()
net.Identity.from_seed(seed)
net.Identity.from_bytes(bytes)
net.Identity.to_bytes()
net.Identity.sign(message)
net.Identity.issue_token(subject, scope, channel, ttl_seconds, delegation_depth)
net.Identity.install_token(token)
net.Identity.lookup_token(subject, channel)
net.parse_token(token)
net.verify_token(token)
net.token_is_expired(token)
net.delegate_token(signer, parent, new_subject, restricted_scope)
net.channel_hash(channel)
net.RedisStreamDedup(capacity)
net.RedisStreamDedup.is_duplicate(dedup_id)
net.RedisStreamDedup.clear()
net.Redex(persistent_dir)
net.Redex.open_file(name)
net.RedexFile.append(payload)
net.RedexFile.append_batch(payloads)
net.RedexFile.read_range(start, end)
net.RedexFile.tail(from_seq)
net.RedexFile.sync()
net.RedexFile.close()
net.RedexFile.__len__()
net.RedexTailIter.__iter__()
net.RedexTailIter.__next__()
net.RedexTailIter.close()
net_sdk.open_file_cm(redex, name)
net_sdk.tasks_cm(redex, channel, origin_hash)
net_sdk.memories_cm(redex, channel, origin_hash)
net_sdk.netdb_cm(redex, origin_hash)
"""

MESH = (
    "psk role peer_public_key secret_key public_key reliability heartbeat_interval_ms"
    " session_timeout_ms batched_io packet_pool_size"
)
KEYWORDS = {
    "redis": "url prefix pipeline_size pool_size connect_timeout_ms command_timeout_ms"
    " max_stream_len",
    "jetstream": "url prefix connect_timeout_ms request_timeout_ms max_messages max_bytes"
    " max_age_ms replicas",
    "mesh": f"bind peer {MESH}",
    "net": f"bind_addr peer_addr {MESH}",
}

ATTRIBUTES = """
net.IngestResult shard_id timestamp
net.StoredEvent id raw insertion_ts shard_id parse
net.PollResponse events next_id has_more __len__ __iter__
net.Stats events_ingested events_dropped
net.NetKeypair public_key secret_key
net_sdk.Receipt shard_id timestamp
net_sdk.SubscribeOpts limit filter ordering poll_interval max_backoff timeout
net_sdk.NetNode bus
net_sdk.TypedChannel name
"""


NAMES = Path(__file__).parents[3] / "fixtures" / "published" / "names.json"
PUBLISHED: dict[str, Any] = json.loads(NAMES.read_text("utf-8"))


def found(path: str) -> Any:
    """What a path of a module and names stands for."""
    module, *names = path.split(".")
    value: Any = importlib.import_module(module)
    for name in names:
        value = getattr(value, name)
    return value


@pytest.mark.parametrize("line", CALLS.split("\n")[1:-1])
def test_parameters(line: str) -> None:
    path, _, listed = line.removesuffix(")").partition("(")
    names = [name for name in listed.split(", ") if name]
    target = found(path)
    is_bound = inspect.isfunction(target) and "self" in inspect.signature(target).parameters
    receiver = [object()] if is_bound else []
    signature = inspect.signature(target)
    signature.bind(*receiver, *names)
    for position, name in enumerate(names):
        signature.bind(*receiver, *names[:position], **{given: given for given in names[position:]})
        parameter = signature.parameters[name]
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            assert list(signature.parameters).index(name) == position + len(receiver)


@pytest.mark.parametrize("transport", KEYWORDS)
@pytest.mark.parametrize("node", [net.Net, net_sdk.NetNode, net.aio.Net, net.NetNode.create])
def test_settings_of_a_transport_are_keywords(node: Any, transport: str) -> None:
    parameters = inspect.signature(node).parameters
    for name in KEYWORDS[transport].split():
        parameter = parameters[f"{transport}_{name}"]
        assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
        assert parameter.default is None


@pytest.mark.parametrize("module", ["net", "net_sdk"])
def test_names(module: str) -> None:
    package = importlib.import_module(module)
    missing = [
        f"{module}:{path}"
        for item, members in PUBLISHED["names"][module].items()
        for path in [item, *(f"{item}.{member}" for member in members)]
        if not has(package, path) and f"{module}:{item}" not in PUBLISHED["excepted"]
    ]
    assert [path for path in missing if path not in PUBLISHED["excepted"]] == []


def has(value: Any, path: str) -> bool:
    """Whether a value has the names of a path, one within the other."""
    for name in path.split("."):
        if not hasattr(value, name):
            return False
        value = getattr(value, name)
    return True


@pytest.mark.parametrize("line", ATTRIBUTES.split("\n")[1:-1])
def test_attributes(line: str) -> None:
    path, *names = line.split()
    for name in names:
        assert hasattr(found(path), name)


FILE = (
    "persistent fsync_every_n fsync_interval_ms retention_max_events retention_max_bytes"
    " retention_max_age_ms"
)


@pytest.mark.parametrize(
    "opens", [net.Redex.open_file, net.aio.Redex.open_file, net_sdk.open_file_cm]
)
@pytest.mark.parametrize("name", FILE.split())
def test_settings_of_a_file_are_keywords(opens: Any, name: str) -> None:
    signature = inspect.signature(opens)
    assert signature.bind(object(), "a", **{name: 1}).arguments[name] == 1
    assert signature.parameters[name].default is None


def test_constants() -> None:
    constants = net_sdk.DEFAULT_LIMIT, net_sdk.DEFAULT_POLL_INTERVAL, net_sdk.DEFAULT_MAX_BACKOFF
    assert constants == (100, 0.005, 0.1)


@pytest.mark.usefixtures("no_leaks")
def test_a_program_for_the_core() -> None:
    with net.Net(num_shards=1, ring_buffer_capacity=1024, backpressure_mode="drop_newest") as bus:
        assert bus.ingest(event={"a": 1}).shard_id == 0
        assert bus.ingest_raw(json="2").timestamp > 0
        assert bus.ingest_raw_batch(events=["3", "4"]) == 2
        page = bus.poll(limit=10, cursor=None, filter=None, ordering=None)
        assert [event.raw for event in page] == ['{"a":1}', "2", "3", "4"]
        assert bus.stats().events_ingested == 4


@pytest.mark.usefixtures("no_leaks")
def test_a_program_for_the_sdk() -> None:
    opts = net_sdk.SubscribeOpts(limit=10, poll_interval=0.005, max_backoff=0.1, timeout=0.01)
    assert (opts.poll_interval, opts.max_backoff, opts.timeout) == (0.005, 0.1, 0.01)
    with net_sdk.NetNode(shards=1, buffer_capacity=1024, backpressure="fail_producer") as node:
        assert node.emit(event=1).shard_id == 0
        assert node.emit_batch(events=[2, 3]) == 2
        assert node.emit_raw(json_str="4").shard_id == 0
        assert node.emit_raw_batch(json_strs=["5"]) == 1
        node.fire(json_str="6")
        assert len(list(node.subscribe(limit=10, timeout=0.01, poll_interval=0.001))) == 6
        assert sum(node.subscribe_typed(int, limit=10, timeout=0.01)) == 21
        assert len(list(net_sdk.EventStream(node.bus, opts=opts))) == 6
        assert sum(net_sdk.TypedEventStream(node.bus, int, opts)) == 21
        channel: net_sdk.TypedChannel[Any] = net_sdk.TypedChannel(node.bus, "c", None, len)
        wrong: Any = 3
        channel.publish(event={"x": 1})
        assert list(channel.subscribe(opts)) == [len('{"x":1}')]
        assert len(list(channel.subscribe_raw(opts=opts))) == 1
        with pytest.raises(net.ArgumentError, match="whole"):
            channel.subscribe(opts, limit=5)
        with pytest.raises(net.ArgumentError, match="opts"):
            channel.subscribe(opts=wrong)
