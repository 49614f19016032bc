// Appends records in memory, and lists tasks, from Node.js, for `cargo perf --logs`.
import { readSync, writeSync } from 'node:fs';

const { Redex, TasksAdapter } = await import(process.argv[2]);

const LISTS = 5;

/** Lists all tasks and reads every field of them. */
async function listTasks({ count, size }) {
  const tasks = await TasksAdapter.open(new Redex(), 1n);
  let last;
  for (let id = 0; id < count; id++) last = tasks.create(id, 't'.repeat(size), id);
  await tasks.waitForSeq(last);
  const begun = performance.now();
  for (let left = LISTS; left > 0; left--) {
    let fields = 0;
    for (const { id, title, status, createdNs, updatedNs } of tasks.listTasks()) {
      fields += [id, title, status, createdNs, updatedNs].length;
    }
    if (fields !== 5 * count) throw new Error('fields are missing');
  }
  const seconds = (performance.now() - begun) / 1e3;
  await tasks.close();
  return { sent: LISTS * count, seconds };
}

function append({ count, size, batch }) {
  const file = new Redex().openFile('log');
  const record = Buffer.alloc(size, 0xa5);
  const records = Array(batch).fill(record);
  const begun = performance.now();
  if (batch === 1) for (let left = count; left > 0; left--) file.append(record);
  else for (let left = count; left >= batch; left -= batch) file.appendBatch(records);
  const seconds = (performance.now() - begun) / 1e3;
  file.close();
  return { sent: count - (count % batch), seconds };
}

function read(length) {
  const bytes = Buffer.alloc(length);
  for (let have = 0; have < length;) {
    const more = readSync(0, bytes, have, length - have, null);
    if (more === 0) process.exit(0);
    have += more;
  }
  return bytes;
}

function send(message) {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(4);
  head.writeUInt32LE(text.length);
  writeSync(1, Buffer.concat([head, text]));
}

send({ language: 'node', spec_hash: '', sdk: '' });
for (;;) {
  const request = JSON.parse(read(read(4).readUInt32LE()).toString());
  try {
    const { kind } = request.args;
    const ok = kind === 'list' ? await listTasks(request.args) : append(request.args);
    send({ id: request.id, ok });
  } catch (error) {
    send({ id: request.id, unsupported: String(error) });
  }
}
