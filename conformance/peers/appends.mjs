// Appends records in memory from Node.js, for `cargo perf --logs`.
import { readSync, writeSync } from 'node:fs';

const { Redex } = await import(process.argv[2]);

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
    send({ id: request.id, ok: append(request.args) });
  } catch (error) {
    send({ id: request.id, unsupported: String(error) });
  }
}
