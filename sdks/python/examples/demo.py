"""Emits every line of a file, reads all of them back, and tells how long that took."""

import json
import sys
import time
from pathlib import Path

from net_sdk import NetNode


def main(path: str) -> int:
    lines = [line for line in Path(path).read_text("utf-8").split("\n") if line]
    with NetNode(shards=1) as node:
        start = time.perf_counter()
        for line in lines:
            node.emit_raw(line)
        read: list[str] = []
        cursor: str | None = None
        while len(read) < len(lines):
            page = node.poll(1000, cursor)
            read.extend(event.raw for event in page)
            cursor = page.next_id
        seconds = time.perf_counter() - start
    report = {
        "language": "python",
        "published": len(lines),
        "read": len(read),
        "seconds": round(seconds, 6),
        "matched": read == lines,
    }
    print(json.dumps(report, separators=(",", ":")))
    return 0 if read == lines else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
