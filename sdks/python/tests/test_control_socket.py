"""The control socket of a node, as a monitoring program uses it."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from net import MeshNode, NetError

PSK = "8f1c2e5ad0934b7766f2b1a8c3d4e5f60718293a4b5c6d7e8fa0b1c2d3e4f506"


def test_a_node_answers_at_its_control_socket(tmp_path: Path) -> None:
    path = tmp_path / "node"
    with MeshNode.create("127.0.0.1:0", PSK, control_socket=str(path)) as node:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(30)
            client.connect(str(path))
            client.sendall(b'{"version":1,"ask":"status"}\n')
            status = json.loads(client.makefile().readline())["answer"]["status"]
        assert status["node_id"] == f"0x{node.node_id:016x}"
        assert status["address"] == node.local_addr
        with pytest.raises(NetError, match="a running process listens there"):
            MeshNode.create("127.0.0.1:0", PSK, control_socket=str(path))
    assert not path.exists()
