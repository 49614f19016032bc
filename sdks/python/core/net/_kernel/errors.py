"""Errors as exceptions."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from net import _net


class NetError(Exception):
    """Any error of the library."""

    family: str
    kind: str
    code: int
    retry: bool
    detail: str | None
    fields: dict[str, Any]
    CODE: ClassVar[int] = 0

    @classmethod
    def _of(cls, shown: tuple[Any, ...]) -> Self:
        error = cls.__new__(cls)
        error._show(shown)
        return error

    @classmethod
    def _made(cls, code: int, members: dict[str, Any]) -> Self:
        return cls._of(_net.error_parts(code, members))

    def _show(self, shown: tuple[Any, ...]) -> None:
        message, self.family, self.kind, self.code, self.retry, self.detail, self.fields = shown
        Exception.__init__(self, message)
        for name, value in self.fields.items():
            setattr(self, name, value)

    @property
    def _members(self) -> dict[str, Any]:
        return {**self.fields, "detail": self.detail}

    def __reduce__(self) -> tuple[Any, ...]:
        shown = (str(self), self.family, self.kind, self.code, self.retry, self.detail, self.fields)
        return type(self)._of, (shown,)


def check(sdk: str) -> None:
    """Refuses a library that was built from another spec than the package."""
    if sdk != _net.SPEC_HASH:
        raise _net.error(13, {"what": "spec", "wanted": sdk, "found": _net.SPEC_HASH})


def argument_error(name: str, reason: str) -> Exception:
    """The error about an argument."""
    return _net.error(2, {"argument": name, "reason": reason})
