"""Two nodes of the mesh, each in a terminal of its own.

python mesh.py listen 127.0.0.1:9000        prints how to dial it, then what it receives
python mesh.py dial ADDRESS KEY ID TEXT...  sends each text as one message

NET_PSK is the pre-shared key of the mesh, 64 hex digits.
"""

import itertools
import os
import sys

from net_sdk import MeshNode, MeshNodeConfig, StreamConfig

PSK = os.environ.get("NET_PSK", "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a")


def listen(address: str, most: int | None = None) -> None:
    with MeshNode(MeshNodeConfig(bind_addr=address, psk=PSK)) as node:
        print("dial", node.local_addr, node.public_key, node.node_id, flush=True)
        for message in itertools.islice(node.receive(), most):
            print(message.sender, message.sequence, message.payload.decode(), flush=True)


def dial(address: str, key: str, peer: int, texts: list[str]) -> None:
    with MeshNode(MeshNodeConfig(bind_addr="127.0.0.1:0", psk=PSK)) as node:
        node.connect(address, key, peer)
        stream = node.open_stream(peer, StreamConfig(stream_id=1, reliability="reliable"))
        node.send_blocking(stream, [text.encode() for text in texts])


match sys.argv[1:]:
    case ["listen", address]:
        listen(address)
    case ["listen", address, count]:
        listen(address, int(count))
    case ["dial", address, key, peer, *texts] if texts:
        dial(address, key, int(peer), texts)
    case _:
        sys.exit(__doc__)
