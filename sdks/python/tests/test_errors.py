"""Errors as exceptions."""

from __future__ import annotations

import pickle

import pytest

import net
from net.gen import echo


def failure(kind: str) -> echo.EchoError:
    with pytest.raises(echo.EchoError) as caught:
        echo.fail(kind, "why")
    return caught.value


def test_an_error_shows_its_parts() -> None:
    error = failure("rejected")
    assert str(error).startswith("echo: rejected: number=")
    assert (error.family, error.kind, error.code, error.retry) == (
        "echo",
        "rejected",
        1 << 16 | 1,
        False,
    )
    assert error.fields == {"number": error.number, "reason": error.reason}
    assert isinstance(error.number, int)
    assert error.size is None
    assert isinstance(error, net.NetError)


def test_kinds_with_a_class_of_their_own() -> None:
    assert isinstance(failure("too-large"), echo.EchoTooLargeError)
    assert isinstance(failure("too-large"), ValueError)
    assert isinstance(failure("busy"), echo.EchoBusyError)
    assert failure("busy").retry is True
    bad = failure("bad-frame")
    assert isinstance(bad, echo.EchoBadFrameError)
    assert isinstance(bad, ValueError)
    assert type(failure("odd text")) is echo.EchoError
    part = failure("part")
    assert isinstance(part, echo.EchoPartError)
    assert (part.kind, part.part is not None) == ("missing", True)


def test_errors_of_tasks() -> None:
    with pytest.raises(echo.EchoBusyError, match="echo: busy: try again"):
        echo.fail_later("busy")


def test_errors_that_handlers_make() -> None:
    error = echo.EchoStatusError(0x8001, b"body")
    assert str(error) == "echo:status:0x8001"
    assert (error.status, error.body, error.kind) == (0x8001, b"body", "status")
    assert "status" in echo.describe_error(error)
    with pytest.raises(net.ArgumentError, match="status"):
        echo.EchoStatusError(70_000, b"")
    with pytest.raises(net.ArgumentError, match="error"):
        echo.describe_error(ValueError("x"))  # type: ignore[arg-type]


def test_errors_go_to_other_processes() -> None:
    for error in (failure("rejected"), echo.EchoStatusError(1, b"")):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is type(error)
        assert (str(copy), copy.fields, copy.code) == (str(error), error.fields, error.code)


def test_panics_are_internal() -> None:
    for call in (echo.panic_now, echo.panic_later):
        with pytest.raises(net.InternalError, match="internal: panic at") as caught:
            call()
        assert isinstance(caught.value, RuntimeError)
    assert echo.echo_u8(1) == 1
