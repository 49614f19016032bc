// Emits every line of a file, reads them back, and prints how it went.
import { readFileSync } from 'node:fs';
import { NetNode } from '@net-mesh/sdk';

const path = process.argv[2] ?? 'fixtures/events.jsonl';
const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);

const node = await NetNode.create({ shards: 1 });
const start = performance.now();
for (const line of lines) {
  node.emitRaw(line);
}
await node.flush();

const read = [];
let cursor = null;
while (read.length < lines.length) {
  const page = await node.poll({ limit: 1000, cursor });
  if (page.events.length === 0) {
    break;
  }
  read.push(...page.events.map((event) => event.raw));
  cursor = page.nextId;
}
const seconds = (performance.now() - start) / 1000;
await node.shutdown();

const matched = read.length === lines.length && read.every((raw, at) => raw === lines[at]);
const counts = { published: lines.length, read: read.length };
console.log(JSON.stringify({ language: 'typescript', ...counts, seconds, matched }));
process.exitCode = matched ? 0 : 1;
