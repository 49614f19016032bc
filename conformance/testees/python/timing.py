"""Calls that are made again and again while a clock runs."""

from __future__ import annotations

import asyncio
import gc
import importlib
import itertools
from collections.abc import Sequence
from typing import Any

from gen import dispatch
from repeats import Calls, Clock, reader, repeat


def time_call(state: Any, request: dict[str, Any]) -> dict[str, str]:
    """Makes the calls that a request asks for, and what it has made after them."""
    call = dispatch.CALLS[request["op"].removeprefix("time:")]
    args = request["args"]
    owner = state.objects[request["self"]] if call.on_object else call.owner
    sets = itertools.cycle([_given(call, given, state) for given in args["sets"]])
    calls: Calls = itertools.islice(sets, args["times"])
    gc.collect()
    if args["in_flight"] > 1:
        return asyncio.run(_in_flight(_on_loop(owner), call.name, calls, args["in_flight"]))
    method = getattr(owner, call.name)
    reads = reader(args.get("reads", []))
    clock = Clock()
    repeat(method, calls, reads)
    if "then" in args:
        state.call({"op": args["then"], "self": request.get("self")})
    return clock.read()


def _given(call: Any, given: dict[str, Any], state: Any) -> tuple[Sequence[Any], dict[str, Any]]:
    """Arguments in order as far as they are given, as programs write them; the rest by name."""
    values = {name: of.take(given[spec], state) for spec, name, of in call.args if spec in given}
    in_order = []
    for _, name, _ in call.args:
        if name not in values:
            break
        in_order.append(values.pop(name))
    return in_order, values


def _on_loop(owner: Any) -> Any:
    """The same object, as asyncio has it."""
    page = importlib.import_module(type(owner).__module__.replace("net.gen.", "net.gen.aio."))
    made = object.__new__(getattr(page, type(owner).__name__))
    made._handle = owner._handle
    return made


async def _in_flight(owner: Any, name: str, calls: Calls, most: int) -> dict[str, str]:
    method = getattr(owner, name)
    ahead = iter(calls)

    async def worker() -> None:
        for given, named in ahead:
            await method(*given, **named)

    clock = Clock()
    await asyncio.gather(*(worker() for _ in range(most)))
    return clock.read()
