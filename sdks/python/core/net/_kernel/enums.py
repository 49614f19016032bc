"""Values of enums that later versions of the library may have."""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum
from typing import TypeVar

Text = TypeVar("Text", bound=StrEnum)
Number = TypeVar("Number", bound=IntEnum)


def unlisted_text(cls: type[Text], value: object) -> Text | None:
    """The member of an open enum that stands for `unknown:7`, if that is the value."""
    if not isinstance(value, str) or not re.fullmatch(r"unknown:(0|[1-9]\d*)", value):
        return None
    member = str.__new__(cls, value)
    member._name_ = member._value_ = value
    return member


def unlisted_number(cls: type[Number], value: object) -> Number | None:
    """The member of an open enum that stands for a number without a name."""
    if not isinstance(value, int):
        return None
    member = int.__new__(cls, value)
    member._name_, member._value_ = f"unknown:{value}", int(value)
    return member
