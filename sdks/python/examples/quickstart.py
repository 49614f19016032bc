"""Events in, events out."""

from net_sdk import NetNode

# region quickstart
node = NetNode(shards=4)
node.emit({"token": "hello", "index": 0})
node.emit_raw('{"token": "world"}')
node.flush()
for event in node.poll(limit=100).events:
    print(event.raw)
node.shutdown()
# endregion
