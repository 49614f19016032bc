import { processed } from './processed.mjs';

const process = processed;

import { RedisStreamDedup } from '@net-mesh/core';
import { createClient } from 'redis';

// Sizing: ~10k events/sec * 1 min dedup window → ~600,000.
const dedup = new RedisStreamDedup(600_000);

const r = createClient();
await r.connect();

let cursor = '0';
while (true) {
// XRANGE bounds are INCLUSIVE on both ends. After the first
// page we must use the exclusive form `(<id>` so we don't
// re-read the entry the cursor points at — a vanilla
// `xRange(stream, cursor, '+')` loop spins forever once the
// cursor reaches the tail and the same entry is returned every
// iteration.
const start = cursor === '0' ? cursor : `(${cursor}`;
const entries = await r.xRange('net:shard:0', start, '+', { COUNT: 100 });
if (entries.length === 0) break;
for (const entry of entries) {
const dedupId = entry.message.dedup_id;
if (!dedupId) {
// Older entries / non-Net producers: skip dedup.
await process(entry);
continue;
}
if (!dedup.isDuplicate(dedupId)) {
await process(entry);
}
cursor = entry.id;
}
}
