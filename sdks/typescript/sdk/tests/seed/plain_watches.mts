import { NetDb } from '@net-mesh/sdk';

const db = await NetDb.open({ originHash: 0xabcdef01, withTasks: true });
setTimeout(() => void db.close());

for await (const batch of await db.tasks!.watch({ titleContains: 'ship' })) {
// each batch is the current filter result after a deduplicated fold tick
}

export { db };
