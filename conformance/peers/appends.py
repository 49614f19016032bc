"""Appends records, and lists tasks, from Python, for `cargo perf --logs`: by this SDK and, with another interpreter, by the published wheel."""

from __future__ import annotations

import json
import shutil
import struct
import sys
import time
from typing import Any

from net import Redex, TasksAdapter

LISTS = 5


def work(kind: str, folder: str, count: int, size: int, batch: int, durable: bool) -> dict[str, float]:
    """Does what is asked for; tells how long that took."""
    if kind == "list":
        return list_tasks(count, size)
    return append(folder, count, size, batch, durable, kind)


def list_tasks(count: int, size: int) -> dict[str, float]:
    """Lists all tasks and reads every field of them."""
    tasks = TasksAdapter.open(Redex(), 1)
    for number in range(count):
        last = tasks.create(number, "t" * size, number)
    tasks.wait_for_seq(last)
    begun = time.perf_counter()
    for _ in range(LISTS):
        fields = 0
        for task in tasks.list_tasks():
            fields += len((task.id, task.title, task.status, task.created_ns, task.updated_ns))
        assert fields == 5 * count
    seconds = time.perf_counter() - begun
    tasks.close()
    return {"sent": LISTS * count, "seconds": seconds}


def append(folder: str, count: int, size: int, batch: int, durable: bool, kind: str) -> dict[str, float]:
    """Appends records in memory or on disk; tells how long that took."""
    is_kept = kind == "append"
    redex = Redex(folder) if is_kept else Redex()
    file = redex.open_file("log", persistent=is_kept, fsync_every_n=1 if durable else None)
    record = b"\xa5" * size
    records = [record] * batch
    begun = time.perf_counter()
    if batch == 1:
        for _ in range(count):
            file.append(record)
    else:
        for _ in range(count // batch):
            file.append_batch(records)
    seconds = time.perf_counter() - begun
    file.close()
    shutil.rmtree(folder, ignore_errors=True)
    return {"sent": count // batch * batch, "seconds": seconds}


def send(message: dict[str, Any]) -> None:
    text = json.dumps(message).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(text)) + text)
    sys.stdout.buffer.flush()


send({"language": "python", "spec_hash": "", "sdk": ""})
while head := sys.stdin.buffer.read(4):
    request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
    try:
        send({"id": request["id"], "ok": work(**request["args"])})
    except Exception as error:  # noqa: BLE001 what went wrong is the answer
        send({"id": request["id"], "unsupported": repr(error)})
