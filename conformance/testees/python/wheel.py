"""The published package, for `cargo perf`: the same calls as those of this SDK, timed in the same way."""

from __future__ import annotations

import gc
import importlib.metadata
import itertools
import json
import struct
import sys
from typing import Any

from repeats import Calls, Clock, repeat

import net

NODE = net.Net(num_shards=1, ring_buffer_capacity=65536, backpressure_mode="drop_oldest")


def answer(request: dict[str, Any]) -> dict[str, str]:
    """Times calls."""
    args = request["args"]
    method = getattr(NODE, request["op"].removeprefix("time:"))
    sets = itertools.cycle([(list(given.values()), {}) for given in args["sets"]])
    calls: Calls = itertools.islice(sets, args["times"])
    gc.collect()
    clock = Clock()
    repeat(method, calls, None)
    return clock.read()


def send(message: dict[str, Any]) -> None:
    """Writes a frame."""
    text = json.dumps(message).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(text)) + text)
    sys.stdout.buffer.flush()


def main() -> None:
    """Answers requests until there are no more."""
    send({"language": "wheel", "spec_hash": "", "sdk": importlib.metadata.version("net-mesh")})
    while len(head := sys.stdin.buffer.read(4)) == 4:
        request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
        try:
            send({"id": request["id"], "ok": answer(request)})
        except Exception as error:
            send({"id": request["id"], "unsupported": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
