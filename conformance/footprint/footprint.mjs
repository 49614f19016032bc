// What the package costs that is only there. Prints one line of JSON; needs node's --expose-gc.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const settled = async () => {
  for (let round = 0; round < 3; round++) {
    gc();
    await new Promise((done) => setTimeout(done, 50));
  }
  return process.memoryUsage.rss() / 2 ** 20;
};

const bare = await settled();
const start = performance.now();
const { NetNode } = require('../../sdks/typescript/core/dist/cjs/index.js');
const taken = performance.now() - start;
const node = new NetNode({ shards: 2 });
node.emitRaw('1');
const memory = (await settled()) - bare;
const before = process.cpuUsage();
// What an idle node does shows only over time.
await new Promise((done) => setTimeout(done, 1000));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ import: taken, memory, idle: user + system }));
await node.shutdown();
