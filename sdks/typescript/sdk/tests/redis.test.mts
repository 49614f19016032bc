import { createClient } from 'redis';
import { afterEach, expect, test, vi } from 'vitest';
import { RedisStreamDedup } from '@net-mesh/core';
import { hasSnippet } from './snippet.mjs';
import { Server } from './server.mjs';

const place = vi.hoisted(() => ({ url: '', clients: [] as { destroy(): void }[] }));
const servers: Server[] = [];

/** The snippet's client knows no address but the usual one: here it finds the test's own server. */
vi.mock('redis', async (original) => {
  const redis = await original<typeof import('redis')>();
  const createClient = () => {
    const client = redis.createClient({ url: place.url });
    place.clients.push(client);
    return client;
  };
  return { ...redis, createClient };
});

async function redis(): Promise<Server> {
  const server = await Server.redis();
  servers.push(server);
  place.url = `redis://127.0.0.1:${server.port}`;
  return server;
}

afterEach(async () => {
  place.clients.splice(0).forEach((client) => client.destroy());
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

test('Redis Streams consumer-side dedup helper', async () => {
  await redis();
  const client = createClient();
  await client.connect();
  // Three pages: a batch that comes twice, as after a retry, and before each an entry of another producer, which may not
  // be the last of a page, since the snippet would read it again without end.
  for (const attempt of [1, 2]) {
    await client.xAdd('net:shard:0', '*', { d: `other ${attempt}` });
    for (let index = 0; index < 120; index++) {
      const fields = { d: `${index}`, dedup_id: `2a:0:0:${index}` };
      await client.xAdd('net:shard:0', '*', fields);
    }
  }
  expect(hasSnippet('Redis Streams', 'dedup')).toBe(true);
  await import('./seed/dedup.mjs');
  const { texts } = await import('./seed/processed.mjs');
  const once = Array.from({ length: 120 }, (_, index) => `${index}`);
  expect(texts).toEqual(['other 1', ...once, 'other 2']);
});

test('what is beyond the capacity is forgotten', async () => {
  await redis();
  const client = createClient();
  await client.connect();
  for (const dedup_id of ['a', 'b', 'a', 'c', 'b']) await client.xAdd('s', '*', { dedup_id });
  const dedup = new RedisStreamDedup(2);
  const entries = await client.xRange('s', '-', '+');
  const known = entries.map((entry) => dedup.isDuplicate(entry.message['dedup_id'] ?? ''));
  expect(known).toEqual([false, false, true, false, false]);
});
