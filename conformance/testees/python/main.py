"""The Python testee of the conformance suite: it calls the SDK as requests say."""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

import forms
import surface
import timing
import wire
from gen import dispatch

import net


class State:
    """What is kept between requests."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}

    def call(self, request: dict[str, Any]) -> Any:
        """Makes the call that a request asks for."""
        call = dispatch.CALLS[request["op"].removeprefix("call:")]
        given: dict[str, Any] = request.get("args", {})
        named = {
            name: codec.take(given[spec], self) for spec, name, codec in call.args if spec in given
        }
        owner = self.objects[request["self"]] if call.on_object else call.owner
        if call.on_value:
            owner = named.pop(next(iter(named)))
        result = getattr(owner, call.name)
        if not call.is_property:
            result = result(*named.values()) if call.spreads else result(**named)
        return self.answer(call, result, request)

    def answer(self, call: forms.Call, result: Any, request: dict[str, Any]) -> Any:
        """Shows a result; an object is kept if it has a name."""
        if call.result is not None:
            return call.result.show(result)
        if result is None:
            return None
        if "as" in request:
            self.objects[request["as"]] = result
        elif result is not self.objects.get(request.get("self", "")):
            result._handle.close()
        return True

    def reset(self) -> None:
        """Frees what is kept."""
        for kept in self.objects.values():
            kept._handle.close()
        self.objects.clear()


def respond(state: State, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to a request, whatever it asks for."""
    try:
        op = request.get("op", "")
        if op == "reset":
            return {"ok": state.reset()}
        if op == "surface":
            return {"ok": surface.surface()}
        if op.startswith("time:"):
            return {"ok": timing.time_call(state, request)}
        if wire.knows(op):
            return {"ok": wire.answer(op, request.get("args", {}))}
        if op.removeprefix("call:") not in dispatch.CALLS:
            return {"unsupported": f"there is no {op}"}
        return {"ok": state.call(request)}
    except net.NetError as error:
        return {"err": forms.show_error(error)}
    except Exception as error:
        return {"unsupported": f"{type(error).__name__}: {error}"}


def send(message: dict[str, Any]) -> None:
    """Writes a frame."""
    text = json.dumps(message, ensure_ascii=False).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(text)) + text)
    sys.stdout.buffer.flush()


def main() -> None:
    """Answers requests until there are no more."""
    info = net.build_info()
    send({"language": "python", "spec_hash": info.spec_hash, "sdk": info.version})
    state = State()
    while len(head := sys.stdin.buffer.read(4)) == 4:
        text = sys.stdin.buffer.read(struct.unpack("<I", head)[0])
        request = json.loads(text)
        send({"id": request.get("id"), **respond(state, request)})


if __name__ == "__main__":
    main()
