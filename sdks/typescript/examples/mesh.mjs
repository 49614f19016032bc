// Two nodes of the mesh, each in a terminal of its own.
//
//   node mesh.mjs listen 127.0.0.1:9000        prints how to dial it, then what it receives
//   node mesh.mjs dial ADDRESS KEY ID TEXT...  sends each text as one message
//
// NET_PSK is the pre-shared key of the mesh, 64 hex digits.
import { MeshNode } from '@net-mesh/sdk';

const psk = process.env.NET_PSK ?? '5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a';

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
  await node.connect(address, key, BigInt(id));
  const stream = node.openStream(BigInt(id), { streamId: 1n, reliability: 'reliable' });
  await node.sendBlocking(stream, texts.map((text) => Buffer.from(text)));
  await node.shutdown();
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'listen' && rest.length >= 1) {
  await listen(rest[0], rest[1] && Number(rest[1]));
} else if (mode === 'dial' && rest.length >= 4) {
  await dial(...rest);
} else {
  console.error('usage: mesh.mjs listen ADDRESS [COUNT] | mesh.mjs dial ADDRESS KEY ID TEXT...');
  process.exitCode = 2;
}
