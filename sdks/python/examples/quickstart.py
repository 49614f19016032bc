"""Emit an event, read it back, then follow a channel of typed events."""

from dataclasses import dataclass

from net_sdk import NetNode


@dataclass
class Reading:
    sensor: str
    celsius: float


with NetNode(shards=1) as node:
    node.emit({"hello": "world"})
    for event in node.poll(limit=10):
        print(event.id, event.parse())

    channel = node.channel("sensors/temperature", Reading)
    channel.publish(Reading("A1", 22.5))
    print(channel.subscribe(timeout=1).next(1))
