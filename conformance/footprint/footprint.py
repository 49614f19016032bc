"""What the package costs that is only there: for this SDK, and for the published wheel. Prints one line of JSON."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
import time
from typing import Any


def resident() -> int:
    """Bytes of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def worked() -> float:
    """Seconds of processor time that this process has had."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def interrupted(wait: Any) -> float:
    """Seconds between Ctrl-C and its exception in a call that waits."""
    main, sent = threading.main_thread().ident, 0.0

    def interrupt() -> None:
        nonlocal sent
        while f"{os.sep}net{os.sep}" not in sys._current_frames()[main].f_code.co_filename:
            os.sched_yield()
        # The call has begun: from here it takes longest until the library next looks for signals.
        sent = time.perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    try:
        wait()
    except KeyboardInterrupt:
        return time.perf_counter() - sent
    raise AssertionError("nothing was interrupted")


bare, start = resident(), time.perf_counter()
import net  # noqa: E402

taken = time.perf_counter() - start
node = net.Net(num_shards=2)
node.ingest_raw("1")
memory, before = resident() - bare, worked()
# What an idle node does shows only over time.
time.sleep(1)
idle = worked() - before
found = {"import": taken * 1e3, "memory": memory / 2**20, "idle": idle * 1e6}
# The wheel has no call that waits for events.
if hasattr(node, "subscribe"):
    found["interrupt"] = interrupted(lambda: node.subscribe(from_="latest").next()) * 1e3
print(json.dumps(found))
