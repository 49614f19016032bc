// Nodes of the mesh, each in a terminal of its own.
//
//   node mesh.mjs listen 127.0.0.1:9000        prints how to dial it, then what it receives
//   node mesh.mjs dial ADDRESS KEY ID TEXT...  sends each text as one message
//   node mesh.mjs join ADDRESS KEY ID N COUNT  finds N others over that relay, and exchanges COUNT messages with each
//
// NET_PSK is the pre-shared key of the mesh, 64 hex digits.
import { setTimeout as sleep } from 'node:timers/promises';

import { MeshNode } from '@net-mesh/sdk';

const psk =
  process.env.NET_PSK ?? '5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a';

async function listen(bindAddr, most = Infinity) {
  const node = await MeshNode.create({ bindAddr, psk });
  console.log(`dial ${node.localAddr()} ${node.publicKey()} ${node.nodeId()}`);
  let count = 0;
  for await (const message of node.receive()) {
    console.log(`${message.sender} ${message.sequence} ${message.payload}`);
    if (++count >= most) break;
  }
  await node.shutdown();
}

async function dial(address, key, id, ...texts) {
  const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk });
  // region connect
  await node.connect(address, key, BigInt(id));
  const stream = node.openStream(BigInt(id), { streamId: 1n, reliability: 'reliable' });
  await node.sendBlocking(
    stream,
    texts.map((text) => Buffer.from(text)),
  );
  // endregion
  await node.shutdown();
}

async function join(address, key, relay, others, count) {
  const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk });
  console.log(`node ${node.nodeId()}`);
  const messages = node.receive();
  await node.connect(address, key, relay);
  let peers = [];
  while (peers.length < others) {
    await sleep(20);
    peers = node
      .routes()
      .map((route) => route.nodeId)
      .filter((id) => id !== relay);
  }
  const streams = [];
  for (const peer of peers) {
    await node.connectRouted(peer);
    streams.push(node.openStream(peer, { streamId: 1n, reliability: 'reliable' }));
  }
  const delays = new Map();
  const received = (async () => {
    let left = others * count;
    for await (const { sender, payload } of messages) {
      const its = delays.get(sender) ?? delays.set(sender, []).get(sender);
      its.push(microseconds() - Number(payload));
      if (--left === 0) break;
    }
  })();
  for (let number = 0; number < count; number++) {
    for (const stream of streams)
      await node.sendBlocking(stream, [Buffer.from(`${microseconds()}`)]);
    await sleep(2);
  }
  await received;
  for (const [sender, its] of delays) {
    its.sort((one, other) => one - other);
    console.log(`${sender} ${its.length} ${its[its.length >> 1]}`);
  }
  await node.shutdown();
}

// Since the Unix epoch.
const microseconds = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'listen' && rest.length >= 1) {
  await listen(rest[0], rest[1] && Number(rest[1]));
} else if (mode === 'dial' && rest.length >= 4) {
  await dial(...rest);
} else if (mode === 'join' && rest.length === 5) {
  await join(rest[0], rest[1], BigInt(rest[2]), Number(rest[3]), Number(rest[4]));
} else {
  console.error(
    'usage: mesh.mjs listen ADDRESS [COUNT] | mesh.mjs dial ADDRESS KEY ID TEXT... | ' +
      'mesh.mjs join ADDRESS KEY ID N COUNT',
  );
  process.exitCode = 2;
}
