import { NetNode } from '@net-mesh/sdk';

// region quickstart
const node = await NetNode.create({ shards: 4 });
node.emit({ token: 'hello', index: 0 });
node.emitRaw('{"token": "world"}');
await node.flush();
for (const event of (await node.poll({ limit: 100 })).events) console.log(event.raw);
await node.shutdown();
// endregion
