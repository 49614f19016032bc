"""What the package costs that is only there: for this SDK, and for the published wheel. Prints one line of JSON."""

from __future__ import annotations

import json
import resource
import time


def resident() -> int:
    """Bytes of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def worked() -> float:
    """Seconds of processor time that this process has had."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


bare, start = resident(), time.perf_counter()
import net  # noqa: E402

taken = time.perf_counter() - start
node = net.Net(num_shards=2)
node.ingest_raw("1")
memory, before = resident() - bare, worked()
# What an idle node does shows only over time.
time.sleep(1)
idle = worked() - before
print(json.dumps({"import": taken * 1e3, "memory": memory / 2**20, "idle": idle * 1e6}))
