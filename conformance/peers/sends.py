"""Sends over a stream from Python, for `cargo perf --mesh`: by this SDK and, with another interpreter, by the published wheel.

The same program for both. The node that listens reads what comes by `poll`, as often as there is something.
"""

from __future__ import annotations

import json
import resource
import socket
import struct
import sys
import threading
import time
from typing import Any

from net import BackpressureError, NetMesh

PSK = "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a"
STREAM = 7
WINDOW = 1_250_000
# JSON, since not everybody hands other payloads out; 64 bytes.
MESSAGE = b'{"id":"00000000000001ef","value":10000001,"ok":true,"n":1000001}'
# How long a sender waits for room, and a reader for messages.
PAUSE = 0.0002


class Peer:
    """One end: a node, and what it has read."""

    def __init__(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.node = NetMesh(self.address, PSK)
        self.read = 0
        self.last = time.perf_counter()

    def words(self) -> list[str]:
        """What the other end has to know."""
        return [self.address, self.node.public_key, str(self.node.node_id)]

    def accept(self, words: list[str]) -> None:
        """Waits for the other end, and reads what it sends, beside what it is asked for."""

        def run() -> None:
            self.node.accept(int(words[2]))
            self.node.start()
            while True:
                events = self.node.poll(10_000)
                if events:
                    self.read += len(events)
                    self.last = time.perf_counter()
                else:
                    time.sleep(PAUSE)

        threading.Thread(target=run, daemon=True).start()

    def dial(self, words: list[str]) -> None:
        """Connects to the other end, and opens a stream."""
        self.node.connect(words[0], words[1], int(words[2]))
        self.node.start()
        self.stream = self.node.open_stream(int(words[2]), STREAM, "reliable", WINDOW)

    def send(self, count: int, batch: int) -> dict[str, Any]:
        """Sends so many messages, so many with each call."""
        send, stream, events = self.node.send_on_stream, self.stream, [MESSAGE] * batch
        start = time.perf_counter()
        for _ in range(count // batch):
            while True:
                try:
                    send(stream, events)
                    break
                except BackpressureError:
                    time.sleep(PAUSE)
        return {"sent": count // batch * batch, "seconds": time.perf_counter() - start}

    def arrived(self, count: int) -> int:
        """How many messages have been read, once they are so many or none comes any more; counting starts anew."""
        while self.read < count and time.perf_counter() - self.last < 1:
            time.sleep(PAUSE)
        read, self.read = self.read, 0
        return read


def answer(peer: Peer, op: str, args: dict[str, Any]) -> Any:
    """Does what is asked for."""
    match op:
        case "listen":
            return peer.words()
        case "accept":
            return peer.accept(args["words"])
        case "dial":
            return peer.dial(args["words"])
        case "messages":
            return peer.send(args["count"], 1)
        case "batches":
            return peer.send(args["count"], 16)
        case "arrived":
            return peer.arrived(args["count"])
        case "usage":
            usage = resource.getrusage(resource.RUSAGE_SELF)
            return {"user": int(usage.ru_utime * 1e6), "system": int(usage.ru_stime * 1e6)}
    raise ValueError(f"nobody can be asked for {op}")


def send(message: dict[str, Any]) -> None:
    """Writes a frame."""
    text = json.dumps(message).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(text)) + text)
    sys.stdout.buffer.flush()


def main() -> None:
    """Answers requests until there are no more."""
    peer = Peer()
    send({"language": "python", "spec_hash": "", "sdk": ""})
    while len(head := sys.stdin.buffer.read(4)) == 4:
        request = json.loads(sys.stdin.buffer.read(struct.unpack("<I", head)[0]))
        try:
            send({"id": request["id"], "ok": answer(peer, request["op"], request["args"])})
        except Exception as error:
            send({"id": request["id"], "unsupported": f"{type(error).__name__}: {error}"})


if __name__ == "__main__":
    main()
