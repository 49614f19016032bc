"""A channel that only those may hear who were given a token.

python channel.py serve 127.0.0.1:9000 N        gives N members a token, publishes to them, and revokes the tokens
python channel.py join ADDRESS KEY ID NAME N    finds N members, is given a token, and hears the channel
python channel.py intrude ADDRESS KEY ID        tries to hear it without a token, and with one of its own

`serve` prints how to dial it, and ends with its input. NET_PSK is the pre-shared key of the mesh, 64 hex digits.
"""

import os
import sys
from collections.abc import Iterator

from net_sdk import ChannelError, Identity, MeshNode

PSK = os.environ.get("NET_PSK", "5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a")


def serve(address: str, members: int) -> None:
    issuer = Identity.generate()
    with MeshNode(address, PSK, identity_seed=issuer.to_bytes()) as node:
        # region protect
        node.register_channel("plans", require_token=True)
        # endregion
        print("dial", node.local_addr, node.public_key, node.node_id, flush=True)
        for member, _ in found(node, "member", members):
            entity = next(peer.entity_id for peer in node.peers() if peer.node_id == member)
            # region grant
            token = issuer.issue_token(entity, ["subscribe"], "plans", ttl_seconds=300)
            stream = node.open_stream(member, 1, "reliable")
            node.send_blocking(stream, [token.to_buffer()])
            # endregion
        for _ in found(node, "ready", members):
            pass
        for text in (b"one", b"two", b"three"):
            report = node.publish("plans", text, wait="acked")
            print("delivered", report.delivered, flush=True)
        # region revoke
        node.revoke(generation=1)
        # endregion
        sys.stdin.read()


def join(address: str, key: str, server: int, name: str, members: int) -> None:
    with MeshNode("127.0.0.1:0", PSK) as node:
        messages = node.receive()
        node.connect(address, key, server)
        # region announce
        node.announce_capabilities({"tags": ["member", f"speaks-{name}"]})
        # endregion
        tags = {tag for _, tags in found(node, "member", members) for tag in tags}
        names = sorted(tag.removeprefix("speaks-") for tag in tags if tag.startswith("speaks-"))
        print("found", *names, flush=True)
        # region subscribe
        token = next(messages).payload
        events = node.subscribe_channel(server, "plans", token)
        node.announce_capabilities({"tags": ["member", f"speaks-{name}", "ready"]})
        try:
            for event in events:
                print("heard", event.payload.decode(), flush=True)
        except ChannelError as error:
            print("ended", error, flush=True)
        # endregion


def intrude(address: str, key: str, server: int) -> None:
    own = Identity.generate()
    with MeshNode("127.0.0.1:0", PSK, identity_seed=own.to_bytes()) as node:
        node.connect(address, key, server)
        made = own.issue_token(node.entity_id, ["subscribe"], "plans", ttl_seconds=300)
        for token in (None, made):
            try:
                node.subscribe_channel(server, "plans", token)
                print("heard", flush=True)
            except ChannelError as error:
                print("refused", error, flush=True)


def found(node: MeshNode, tag: str, count: int) -> Iterator[tuple[int, list[str]]]:
    """Each of so many nodes that announce a tag, with all of its tags."""
    nodes = set[int]()
    for change in node.watch_nodes({"require_tags": [tag]}):
        if change.capabilities is not None and change.node_id not in nodes:
            nodes.add(change.node_id)
            yield change.node_id, change.capabilities.tags
        if len(nodes) == count:
            return


match sys.argv[1:]:
    case ["serve", address, members]:
        serve(address, int(members))
    case ["join", address, key, server, name, members]:
        join(address, key, int(server), name, int(members))
    case ["intrude", address, key, server]:
        intrude(address, key, int(server))
    case _:
        sys.exit(__doc__)
