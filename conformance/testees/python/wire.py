"""Requests about layouts: values as fixtures write them, to those of the codecs and back."""

from __future__ import annotations

import importlib
import json
import keyword
import math
import pkgutil
from pathlib import Path
from typing import Any

import net.gen.wire

_LAYOUTS = json.loads((Path(__file__).parents[1] / "layouts.json").read_text(encoding="utf-8"))
_CODECS: dict[str, Any] = {}
for _module in pkgutil.iter_modules(net.gen.wire.__path__, "net.gen.wire."):
    _CODECS |= vars(importlib.import_module(_module.name))
_FLOATS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf, "-0": -0.0}


def knows(op: str) -> bool:
    """Whether a request is about a layout that there is."""
    parts = op.split(".")
    known = len(parts) == 3 and parts[0] in ("wire", "text") and parts[2] in ("encode", "decode")
    return known and parts[1] in _LAYOUTS


def answer(op: str, args: dict[str, Any]) -> Any:
    """Answers `wire.<layout>.encode` and the like."""
    _, name, direction = op.split(".")
    layout = _LAYOUTS[name]
    codec = _codec(name)
    is_text = layout["side"] == "text"
    if direction == "encode":
        encoded = _read_layout(name, args["value"]).encode()
        return encoded if is_text else encoded.hex()
    value = codec.decode(args["text"] if is_text else bytes.fromhex(args["bytes"]))
    return _show_layout(name, value)


def _codec(name: str) -> Any:
    return _CODECS["".join(word.capitalize() for word in name.split("_"))]


def _read_layout(name: str, given: Any) -> Any:
    members = _LAYOUTS[name]["members"]
    return _codec(name)(**{_member(m): _read(m["form"], given[m["fixture"]]) for m in members})


def _show_layout(name: str, value: Any) -> Any:
    members = _LAYOUTS[name]["members"]
    return {m["fixture"]: _show(m["form"], getattr(value, _member(m))) for m in members}


def _member(member: Any) -> str:
    """The name of a member, which is none of the language's words."""
    name: str = member["name"]
    return f"{name}_" if keyword.iskeyword(name) else name


def _read(form: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(form, dict) and "bits" in form:
        return value
    if isinstance(value, list):
        return [_read(form, item) for item in value]
    if isinstance(form, dict) and "choice" in form:
        return _read_layout(*next(iter(value.items())))
    if isinstance(form, dict):
        return form["tags"][value] if "tags" in form else _read_layout(form["layout"], value)
    if form == "hex":
        return bytes.fromhex(value)
    if form == "float":
        return _FLOATS[value] if isinstance(value, str) else value
    return int(value) if form == "decimal" else value


def _show(form: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(form, dict) and "bits" in form:
        return value
    if isinstance(value, list):
        return [_show(form, item) for item in value]
    if isinstance(form, dict) and "choice" in form:
        name = next(name for name in form["choice"] if type(value) is _codec(name))
        return {name: _show_layout(name, value)}
    if isinstance(form, dict) and "layout" in form:
        return _show_layout(form["layout"], value)
    if isinstance(form, dict):
        return next(t for t, n in form["tags"].items() if n == value)
    if form == "hex":
        return value.hex()
    if form == "float":
        return _show_float(value)
    return str(value) if form == "decimal" else value


def _show_float(value: float) -> float | str:
    if math.isfinite(value) and (value or math.copysign(1, value) > 0):
        return value
    return "nan" if math.isnan(value) else {math.inf: "inf", -math.inf: "-inf"}.get(value, "-0")
