"""What calls of the bus and of asyncio cost: `python bench/calls.py`, also for a peer that is imported as `net`."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import net

EVENT = '{"sensor":"A1","celsius":22.5,"sequence":100000,"unit":"degree"}'
ROUNDS = 15
BATCH = 1_000


def nanos(work: Callable[[], object], count: int) -> float:
    """Nanoseconds of one of so many things, in the round that other programs disturbed least."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter_ns()
        work()
        times.append((time.perf_counter_ns() - start) / count)
    return min(times)


def repeated(call: Callable[..., object], *args: object) -> Callable[[], None]:
    """Many calls in a row."""

    def work() -> None:
        for _ in range(10_000):
            call(*args)

    return work


def emits() -> dict[str, float]:
    """What emitting costs, an event."""
    bus = net.Net(num_shards=1, ring_buffer_capacity=1 << 16, backpressure_mode="drop_oldest")
    events = [EVENT] * BATCH
    found = {
        "emit_raw": nanos(repeated(bus.ingest_raw, EVENT), 10_000),
        "emit_raw_batch": nanos(
            lambda: [bus.ingest_raw_batch(events) for _ in range(10)], 10 * BATCH
        ),
    }
    if hasattr(bus, "fire"):
        found["fire"] = nanos(repeated(bus.fire, EVENT), 10_000)
        found["emit_buffer"] = nanos(repeated(bus.emit_buffer, EVENT.encode()), 10_000)
        found["stats"] = nanos(repeated(bus.stats), 10_000)
        found["shards"] = nanos(repeated(bus.num_shards), 10_000)
    bus.shutdown()
    return found


def polls() -> dict[str, float]:
    """What reading costs, an event."""
    bus = net.Net(num_shards=1, ring_buffer_capacity=1 << 16, backpressure_mode="drop_oldest")
    bus.ingest_raw_batch([EVENT] * 10_000)

    def read() -> None:
        for event in bus.poll(limit=10_000).events:
            _ = event.raw

    found = {"poll": nanos(lambda: bus.poll(limit=10_000), 10_000), "poll_raw": nanos(read, 10_000)}
    bus.shutdown()
    return found


def operations() -> dict[str, float]:
    """What an asynchronous operation costs, with 256 in flight all the time and alone."""
    from net.gen.aio import echo

    async def main() -> dict[str, float]:
        box = echo.EchoBox("x")

        async def reader(count: int) -> None:
            for _ in range(count):
                await box.read()

        async def timed(readers: int, count: int) -> float:
            times = []
            for _ in range(ROUNDS):
                start = time.perf_counter_ns()
                await asyncio.gather(*(reader(count) for _ in range(readers)))
                times.append((time.perf_counter_ns() - start) / (readers * count))
            return min(times)

        return {"echo of 256": await timed(256, 20), "echo of 1": await timed(1, 500)}

    return asyncio.run(main())


FOOTPRINT = """
import json, resource, sys, time
def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096
before, start = resident(), time.perf_counter()
import net
taken = time.perf_counter() - start
node = net.Net(num_shards=2)
node.ingest_raw("1")
after = resident()
usage = resource.getrusage(resource.RUSAGE_SELF)
busy = usage.ru_utime + usage.ru_stime
# What an idle node costs shows only over time.
time.sleep(2)
usage = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "import": taken * 1e9,
    "memory": after - before,
    "idle": (usage.ru_utime + usage.ru_stime - busy) * 1e9 / 2,
}))
"""


def footprint() -> dict[str, float]:
    """Nanoseconds of the import, bytes of an idle node, nanoseconds of work in an idle second."""
    runs = []
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", FOOTPRINT], capture_output=True, check=True)
        runs.append(json.loads(done.stdout))
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    """Prints every figure."""
    gc.freeze()
    parts = [emits, polls, footprint]
    if hasattr(net, "build_info") and "conformance" in net.build_info().features:
        parts.append(operations)
    for part in parts:
        for name, value in part().items():
            print(f"{name:16}{value:14,.1f}")


if __name__ == "__main__":
    main()
