"""What the tests share."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import net

ROOT = Path(__file__).parent.parent


@pytest.fixture
def no_leaks() -> Iterator[None]:
    """Fails a test that leaves objects behind.

    What a thread of the library or an event loop held last goes a moment after the test, or after the one before it.
    """
    gc.collect()
    before = net.live_handles()
    yield
    deadline = time.monotonic() + 10
    gc.collect()
    while net.live_handles() > before and time.monotonic() < deadline:
        time.sleep(0.01)
        gc.collect()
    assert net.live_handles() <= before


def environment(**variables: str) -> dict[str, str]:
    """The environment of a program that imports the packages."""
    path = os.pathsep.join([str(ROOT / "core"), str(ROOT / "sdk")])
    return {**os.environ, "PYTHONPATH": path, **variables}


def run_script(
    text: str, *, timeout: float = 60, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs a program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", text],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(**variables),
        check=False,
    )
