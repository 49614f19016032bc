"""How values are written in requests and answers."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import net
from net import _net
from net._kernel.dates import date_of, millis_of


class Codec(NamedTuple):
    """How a type is written: read from a request, and shown in an answer."""

    take: Callable[[Any, Any], Any]
    show: Callable[[Any], Any]


class Call(NamedTuple):
    """A function: its owner and name, its arguments, and its result, none for objects."""

    owner: Any
    name: str
    args: tuple[tuple[str, str, Codec], ...]
    result: Codec | None
    on_object: bool = False
    is_property: bool = False
    spreads: bool = False
    on_value: bool = False


NAMED: dict[str, Codec] = {}
"""The types of the interface by their paths."""

ERRORS: dict[tuple[str, str], tuple[int, tuple[tuple[str, str, Codec], ...]]] = {}
"""Code and fields of each kind of error."""

SAME = Codec(lambda value, state: value, lambda value: value)
DECIMAL = Codec(lambda value, state: int(value), str)
BYTES = Codec(lambda value, state: bytes.fromhex(value), lambda value: value.hex())
BASE64 = Codec(
    lambda value, state: base64.b64encode(bytes.fromhex(value)).decode(),
    lambda value: base64.b64decode(value).hex(),
)
DATE = Codec(lambda value, state: date_of(int(value)), lambda value: str(millis_of(value)))
JSON = Codec(
    lambda value, state: json.loads(value),
    lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
)
FLAGS = Codec(lambda value, state: value, lambda value: [str(flag) for flag in value])
OBJECT = Codec(lambda value, state: state.objects[value["ref"]], lambda value: True)


def _show_float(value: float) -> float | str:
    if math.isfinite(value) and (value or math.copysign(1, value) > 0):
        return value
    return "nan" if math.isnan(value) else {math.inf: "inf", -math.inf: "-inf"}.get(value, "-0")


FLOAT = Codec(lambda value, state: float(value), _show_float)


def seconds(units: int) -> Codec:
    """A span of time, in so many units a second."""
    return Codec(lambda value, state: value / units, lambda value: round(value * units))


def optional(of: Codec) -> Codec:
    """A value, or none."""
    return Codec(
        lambda value, state: None if value is None else of.take(value, state),
        lambda value: None if value is None else of.show(value),
    )


def list_of(of: Codec) -> Codec:
    """Values in order."""
    return Codec(
        lambda value, state: [of.take(item, state) for item in value],
        lambda value: [of.show(item) for item in value],
    )


def map_of(of: Codec) -> Codec:
    """Values by text."""
    return Codec(
        lambda value, state: {key: of.take(item, state) for key, item in value.items()},
        lambda value: {key: of.show(item) for key, item in value.items()},
    )


def enum_of(values: dict[str, Any]) -> Codec:
    """A text, for what the SDK takes for it; `unknown:7` has no value of its own."""
    texts = {value: text for text, value in values.items()}
    is_numeric = any(isinstance(value, int) for value in values.values())

    def take(value: Any, state: Any) -> Any:
        if is_numeric and value.startswith("unknown:"):
            return int(value.removeprefix("unknown:"))
        return values.get(value, value)

    def show(value: Any) -> Any:
        return texts.get(value) or (f"unknown:{value}" if is_numeric else str(value))

    return Codec(take, show)


def named(name: str) -> Codec:
    """A type of the interface, by its path."""
    return Codec(
        lambda value, state: NAMED[name].take(value, state),
        lambda value: NAMED[name].show(value),
    )


def record_of(make: Callable[..., Any], *fields: tuple[str, str, Codec]) -> Codec:
    """A record: its class, and each field by its name in the spec and in Python."""
    return Codec(
        lambda value, state: make(
            **{name: of.take(value[spec], state) for spec, name, of in fields if spec in value}
        ),
        lambda value: {spec: of.show(getattr(value, name)) for spec, name, of in fields},
    )


def union_of(tag: str, name: str, **cases: tuple[str, Callable[..., Any], bool, Codec]) -> Codec:
    """A union: for each case its text, what makes it, whether it takes any number of values, and
    its fields.
    """
    known = {text: (make, spreads, of) for text, make, spreads, of in cases.values()}

    def take(value: Any, state: Any) -> Any:
        make, spreads, of = known[value[tag]]
        given: dict[str, Any] = of.take(value, state)
        return make(*given.values()) if spreads else make(**given)

    def show(value: Any) -> Any:
        text = getattr(value, name)
        return {tag: text, **known[text][2].show(value)}

    return Codec(take, show)


def _error_of(value: Any, state: Any) -> Any:
    if isinstance(value, str):
        family, _, kind = value.partition(".")
        value = {"family": family, "kind": kind}
    code, fields = ERRORS[value["family"], value["kind"]]
    given = value.get("fields") or {}
    members = {name: of.take(given[spec], state) for spec, name, of in fields if spec in given}
    return _net.error(code, {"detail": value.get("detail", ""), **members})


def show_error(error: net.NetError) -> dict[str, Any]:
    """An error as answers have it."""
    _, fields = ERRORS[error.family, error.kind]
    shown = {spec: of.show(error.fields[name]) for spec, name, of in fields}
    return {"family": error.family, "kind": error.kind, "fields": shown, "message": str(error)}


ERROR = Codec(_error_of, show_error)


def _reply(plan: Any, names: tuple[str, ...], result: Codec, state: Any) -> Callable[..., Any]:
    def answer(*args: Any) -> Any:
        if "throw" in plan:
            raise RuntimeError(plan["throw"])
        if "err" in plan:
            raise _error_of(plan["err"], state)
        if "arg" in plan:
            return args[names.index(plan["arg"])]
        return result.take(plan.get("ok"), state)

    return answer


def host_of(is_callable: bool, **methods: tuple[str, bool, tuple[str, ...], Codec]) -> Codec:
    """An implementation whose answers the request has."""

    def take(plan: Any, state: Any) -> Any:
        members: dict[str, Any] = {}
        for spec, is_property, names, result in methods.values():
            if is_callable and not isinstance(plan.get(spec), dict):
                return _reply(plan, names, result, state)
            if spec in plan:
                reply = _reply(plan[spec], names, result, state)
                members[spec] = reply() if is_property else reply
        return type("Host", (), {"__slots__": (), **_bound(members)})()

    return Codec(take, lambda value: value)


def _bound(members: dict[str, Any]) -> dict[str, Any]:
    return {
        name: staticmethod(member) if callable(member) else member
        for name, member in members.items()
    }
