"""Calls in a row, and the clock beside them: the same for this SDK and for the published wheel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Calls = Iterable[tuple[Sequence[Any], dict[str, Any]]]


class Clock:
    """Time on the wall, and of all threads of this process."""

    def __init__(self) -> None:
        self.cpu = time.process_time_ns()
        self.wall = time.perf_counter_ns()

    def read(self) -> dict[str, str]:
        """What has passed since the start."""
        wall = time.perf_counter_ns() - self.wall
        return {"nanos": str(wall), "cpu": str(time.process_time_ns() - self.cpu)}


def repeat(method: Callable[..., Any], calls: Calls, reads: Callable[[Any], None] | None) -> None:
    """Makes each call, and reads what is to be read of its result."""
    if reads is not None:
        for given, named in calls:
            reads(method(*given, **named))
        return
    for given, named in calls:
        if named:
            method(*given, **named)
        else:
            method(*given)


def reader(path: list[str]) -> Callable[[Any], None] | None:
    """Reads a list of a result, and a member of each item; nothing for an empty path."""
    if not path:
        return None
    many, one = path
    # Written out, since a program that reads events does so in a loop.
    source = f"def reads(value):\n    for item in value.{many}:\n        item.{one}\n"
    scope: dict[str, Any] = {}
    exec(source, scope)
    reads: Callable[[Any], None] = scope["reads"]
    return reads
