import { type Task } from '@net-mesh/sdk';

/** The titles of each list that was rendered. */
export const rendered: string[][] = [];
const shouldStop = true;

function render(tasks: Task[]): void {
  rendered.push(tasks.map((task) => task.title));
  if (rendered.length === 1) db.tasks!.rename(1n, 'ship docs', 101n);
}

import { NetDb, TaskStatus, CortexError } from '@net-mesh/sdk';

const db = await NetDb.open({
originHash: 0xABCDEF01,
withTasks: true,
withMemories: true,
// persistentDir + persistent: true for disk-backed files
});

// CRUD through the domain API — no EventMeta plumbing.
try {
const seq = db.tasks!.create(1n, 'write docs', 100n);
await db.tasks!.waitForSeq(seq); // wait for the fold to apply
} catch (e) {
if (e instanceof CortexError) { /* handle adapter error */ }
else { throw e; }
}

// Snapshot + watch: one atomic call, no race.
const { snapshot, updates } = await db.tasks!.snapshotAndWatch({
status: TaskStatus.Pending,
});
render(snapshot);
for await (const next of updates) {
render(next);
if (shouldStop) break; // automatically closes the native iterator
}

db.close();

export { db };
