"""The bus and the dedup helper with a Redis server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis
from server import Server

from net import RedisStreamDedup

pytestmark = pytest.mark.usefixtures("no_leaks")

Entry = tuple[str, dict[str, str]]


@pytest.fixture
def server() -> Iterator[Server]:
    """A Redis server."""
    with Server.redis() as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[redis.Redis]:
    """A client of the server."""
    with redis.Redis(port=server.port, decode_responses=True) as client:
        yield client


def consume(client: redis.Redis, stream: str, dedup: RedisStreamDedup) -> list[str]:
    """Reads a stream page by page and gives each event once."""
    events: list[str] = []
    cursor = "0"
    while True:
        start = cursor if cursor == "0" else f"({cursor}"
        page: list[Entry] = client.xrange(stream, start, "+", count=100)  # type: ignore[assignment]
        if not page:
            return events
        for entry, fields in page:
            cursor = entry
            dedup_id = fields.get("dedup_id")
            if dedup_id is None or not dedup.is_duplicate(dedup_id):
                events.append(fields["d"])


def test_dedup_filters_what_was_written_twice(client: redis.Redis) -> None:
    for attempt in range(2):
        for index in range(120):
            client.xadd("net:shard:0", {"d": str(index), "dedup_id": f"2a:0:0:{index}"})
        client.xadd("net:shard:0", {"d": f"other {attempt}"})
    events = consume(client, "net:shard:0", RedisStreamDedup(600_000))
    assert events == [*map(str, range(120)), "other 0", "other 1"]
