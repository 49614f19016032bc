import { Redex, Tasks } from '@net-mesh/core';

const redex = new Redex();
const mesh = { originHash: 0xabcdef01n };

// Phase 5 — read-your-writes.
const tasks = await Tasks.open(redex, { originHash: mesh.originHash });
const { token } = await tasks.create(1, 'first', 100);
await tasks.waitForToken(token, 250); // ms deadline; throws CortexError on timeout

export { tasks, token };
