"""Servers of their own for tests: on a free port of this machine, with their files in a folder that goes with them."""

from __future__ import annotations

import socket
import subprocess
import tempfile
from typing import Self


class Server:
    """A process that listens."""

    def __init__(self, program: str, port: int, args: list[str]) -> None:
        self.port = port
        self._program = program
        self._args = args
        self._folder = tempfile.TemporaryDirectory(prefix="net-server-")
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def redis(cls, *more: str) -> Server:
        """A Redis server that keeps nothing on disk."""
        port = free_port()
        args = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        return cls("redis-server", port, [*args, *more])

    @classmethod
    def nats(cls) -> Server:
        """A NATS server that keeps its streams in its folder."""
        port = free_port()
        args = ["-a", "127.0.0.1", "-p", str(port), "-js", "-sd", "."]
        return cls("nats-server", port, args)

    def start(self) -> None:
        """Starts the process, and waits until it listens."""
        command = [self._program, *self._args]
        quiet = subprocess.DEVNULL
        try:
            process = subprocess.Popen(command, cwd=self._folder.name, stdout=quiet, stderr=quiet)
        except FileNotFoundError as error:
            raise RuntimeError(
                f"{self._program} is missing; install it: apt-get install {self._program}"
            ) from error
        self._process = process
        while not self._listens():
            assert process.poll() is None, f"{self._program} ended with {process.returncode}"

    def kill(self) -> None:
        """Ends the process at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._folder.cleanup()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
