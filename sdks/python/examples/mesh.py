"""Nodes of the mesh, each in a terminal of its own.

python mesh.py listen 127.0.0.1:9000        prints how to dial it, then what it receives
python mesh.py dial ADDRESS KEY ID TEXT...  sends each text as one message
python mesh.py join ADDRESS KEY ID N COUNT  finds N others over that relay, and exchanges COUNT messages with each

NET_PSK is the pre-shared key of the mesh, 64 hex digits.
"""

import collections
import itertools
import os
import sys
import threading
import time

from net_sdk import MeshNode

PSK = os.environ.get("NET_PSK", "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a")


def listen(address: str, most: int | None = None) -> None:
    with MeshNode(address, PSK) as node:
        print("dial", node.local_addr, node.public_key, node.node_id, flush=True)
        for message in itertools.islice(node.receive(), most):
            print(message.sender, message.sequence, message.payload.decode(), flush=True)


def dial(address: str, key: str, peer: int, texts: list[str]) -> None:
    with MeshNode("127.0.0.1:0", PSK) as node:
        # region connect
        node.connect(address, key, peer)
        stream = node.open_stream(peer, 1, "reliable")
        node.send_blocking(stream, [text.encode() for text in texts])
        # endregion


def join(address: str, key: str, relay: int, others: int, count: int) -> None:
    with MeshNode("127.0.0.1:0", PSK) as node:
        print("node", node.node_id, flush=True)
        messages = node.receive()
        node.connect(address, key, relay)
        peers: list[int] = []
        while len(peers) < others:
            time.sleep(0.02)
            peers = [route.node_id for route in node.routes() if route.node_id != relay]
        for peer in peers:
            node.connect_routed(peer)
        sender = threading.Thread(target=send, args=(node, peers, count))
        sender.start()
        delays = collections.defaultdict[int, list[int]](list)
        for message in itertools.islice(messages, others * count):
            delays[message.sender].append(time.time_ns() // 1000 - int(message.payload))
        sender.join()
        for peer, its in delays.items():
            print(peer, len(its), sorted(its)[len(its) // 2], flush=True)


def send(node: MeshNode, peers: list[int], count: int) -> None:
    streams = [node.open_stream(peer, 1, "reliable") for peer in peers]
    for _ in range(count):
        for stream in streams:
            node.send_blocking(stream, [str(time.time_ns() // 1000).encode()])
        time.sleep(0.002)


match sys.argv[1:]:
    case ["listen", address]:
        listen(address)
    case ["listen", address, count]:
        listen(address, int(count))
    case ["dial", address, key, peer, *texts] if texts:
        dial(address, key, int(peer), texts)
    case ["join", address, key, relay, others, count]:
        join(address, key, int(relay), int(others), int(count))
    case _:
        sys.exit(__doc__)
