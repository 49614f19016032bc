import './logs.mjs';

const payloadBuffers = [Buffer.from('{"url":"/a"}'), Buffer.from('{"url":"/b"}')];
const shouldStop = true;

import { Redex, RedexError } from '@net-mesh/sdk';

const redex = new Redex({ persistentDir: '/var/lib/net/events' });
const file = redex.openFile('analytics/clicks', {
persistent: true,
fsyncIntervalMs: 100, // or fsyncEveryN: 1000n
retentionMaxEvents: 1_000_000n,
});

// Append (or batch-append).
const seq = file.append(Buffer.from(JSON.stringify({ url: '/home' })));
// `appendBatch` returns the first-seq `bigint` of the batch, or
// `null` for an empty input. The `null` return is the explicit
// "I appended nothing" signal — pre-`bugfixes-8` it returned `0n`,
// which collided with the legitimate "first event of a non-empty
// batch landed at seq 0" return.
const firstSeq = file.appendBatch(payloadBuffers);

// Tail — backfills the retained range, then streams live appends.
const stream = await file.tail(0n);
try {
for await (const event of stream) {
const parsed = JSON.parse(event.payload.toString());
console.log(event.seq, parsed);
if (shouldStop) break; // automatically closes the native iterator
}
} catch (e) {
if (e instanceof RedexError) { /* ... */ }
throw e;
} finally {
// Ensure the file is closed even if tailing / parsing throws.
file.close();
}

export { file, firstSeq, seq };
