// Tasks on disk: `tasks write FOLDER` makes one after the other and prints their ids until it is killed; `tasks read FOLDER` prints how
// many there are, and the last id.
import { writeSync } from 'node:fs';
import { NetDb, TasksOrderBy } from '@net-mesh/sdk';

const [way, persistentDir] = process.argv.slice(2);
// region net_db
const db = await NetDb.open({ originHash: 1, withTasks: true, persistentDir, persistent: true });
if (way === 'write') {
  for (let id = 0; ; id++) {
    db.tasks.create(id, 'survive', id);
    writeSync(1, `${id}\n`);
  }
}
const [last] = db.tasks.listTasks({ orderBy: TasksOrderBy.IdDesc, limit: 1 });
console.log(`${db.tasks.count()} ${last?.id ?? 0}`);
await db.close();
// endregion
