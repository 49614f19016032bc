import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from 'redis';
import { afterEach, expect, test } from 'vitest';
import {
  BusError,
  NetNode,
  RedisStreamDedup,
  generateNetKeypair,
  type NetNodeConfig,
  type PollResponse,
} from '@net-mesh/sdk';
import { freeAddress } from './mesh.mjs';
import { Server } from './server.mjs';
import { hasSnippet } from './snippet.mjs';

const servers: Server[] = [];
const nodes: NetNode[] = [];

function started(server: Server): Server {
  servers.push(server);
  return server;
}

async function node(config: NetNodeConfig): Promise<NetNode> {
  const node = await NetNode.create({ shards: 2, ...config });
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map((node) => node.shutdown().catch(() => undefined)));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Each transport: how its server is started, and how a node is set up for that. */
const transports = [
  {
    type: 'redis' as const,
    start: () => Server.redis(...durable),
    config: (port: number): NetNodeConfig => ({
      transport: { type: 'redis', url: `redis://127.0.0.1:${port}` },
    }),
  },
  {
    type: 'jetstream' as const,
    start: () => Server.nats(),
    config: (port: number): NetNodeConfig => ({
      jetstream: { url: `nats://127.0.0.1:${port}` },
    }),
  },
];

const texts = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index}`);

async function all(node: NetNode): Promise<string[]> {
  const page = await node.poll({ limit: 10_000, ordering: 'insertion_ts' });
  return page.events.map((event) => event.raw);
}

test.each(transports)('$type: another node polls and subscribes', async ({ start, config }) => {
  const { port } = started(await start());
  const [writer, reader] = [await node(config(port)), await node(config(port))];
  const heard: string[] = [];
  const hearing = (async () => {
    for await (const event of reader.subscribe()) {
      heard.push(event.raw);
      if (heard.length === 300) return;
    }
  })();
  writer.emitRawBatch(texts(0, 300));
  await writer.flush();
  await hearing;
  expect(heard.map(Number).sort((a, b) => a - b)).toEqual(texts(0, 300).map(Number));
  expect(await all(reader)).toEqual(texts(0, 300));
  const read: number[] = [];
  let page: PollResponse | undefined;
  do {
    page = await reader.poll({ limit: 70, cursor: page?.nextId ?? null });
    read.push(...page.events.map((event) => Number(event.raw)));
  } while (page.hasMore);
  expect(read.sort((a, b) => a - b)).toEqual(texts(0, 300).map(Number));
  expect(writer.stats()).toMatchObject({ eventsIngested: 300n, held: 0n, bufferedBytes: 0n });
});

test.each(transports)('$type: nothing is lost when the server goes away', async (transport) => {
  const server = started(await transport.start());
  const writer = await node(transport.config(server.port));
  writer.emitRawBatch(texts(0, 200), 'key');
  await writer.flush();
  await server.kill();
  writer.emitRawBatch(texts(200, 400), 'key');
  expect(writer.stats().held).toBe(200n);
  await server.start();
  writer.emitRawBatch(texts(400, 600), 'key');
  while (
    !(await writer.flush().then(
      () => true,
      () => false,
    ))
  );
  const reader = await node(transport.config(server.port));
  const found = await all(reader);
  // What was sent again may stand there twice in Redis; its readers know it by its id.
  expect([...new Set(found)]).toEqual(texts(0, 600));
  if (transport.type === 'jetstream') expect(found).toHaveLength(600);
});

test.each(transports)('$type: a server that is not there', async ({ start, config }) => {
  const server = started(await start());
  await server.kill();
  const refused = await NetNode.create(config(server.port)).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(BusError);
  expect(refused).toMatchObject({ kind: 'transport', retry: true });
  const waiting = new NetNode({ shards: 1, ...config(server.port) });
  waiting.emitRaw('1');
  await expect(waiting.poll()).rejects.toMatchObject({ kind: 'transport' });
  const end = waiting.shutdown({ timeoutMs: 1 });
  await expect(end).rejects.toMatchObject({ kind: 'undelivered', events: 1n });
  await waiting.shutdown();
});

test('redis: a retried batch is known by its ids', async () => {
  const server = started(await Server.redis());
  const writer = await node({ shards: 1, redis: { url: `redis://127.0.0.1:${server.port}` } });
  writer.emitRawBatch(texts(0, 50));
  await writer.flush();
  const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
  await client.connect();
  const entries = await client.xRange('net:shard:0', '-', '+');
  // As after an answer that was lost.
  for (const entry of entries) await client.xAdd('net:shard:0', '*', entry.message);
  const dedup = new RedisStreamDedup();
  const twice = await client.xRange('net:shard:0', '-', '+');
  const once = twice.filter((entry) => !dedup.isDuplicate(entry.message['dedup_id'] ?? ''));
  expect([twice.length, once.length]).toEqual([100, 50]);
  client.destroy();
});

/** A node for the snippet's one to reach over the mesh. */
async function startPeer(): Promise<void> {
  const psk = randomBytes(32).toString('hex');
  const { publicKey, secretKey } = generateNetKeypair();
  const bind = await freeAddress();
  const transport = { type: 'mesh', bind, peer: '127.0.0.1:1', psk, secretKey } as const;
  await node({ transport });
  process.env['NET_TEST_PEER'] = bind;
  process.env['NET_TEST_PSK'] = psk;
  process.env['NET_TEST_KEY'] = publicKey;
}

test('Transports', async () => {
  const [redis, nats] = [started(await Server.redis()), started(await Server.nats())];
  process.env['NET_TEST_REDIS'] = `redis://127.0.0.1:${redis.port}`;
  process.env['NET_TEST_NATS'] = `nats://127.0.0.1:${nats.port}`;
  process.env['NET_TEST_FOLDER'] = redis.folder;
  await startPeer();
  expect(hasSnippet('Transports', 'transports')).toBe(true);
  await import('./seed/transports.mjs');
  expect(hasSnippet('Persistent producer nonce', 'nonce')).toBe(true);
  await import('./seed/nonce.mjs');
  const { nodes: made } = await import('./seed/elsewhere.mjs');
  expect(made).toHaveLength(5);
  const file = join(redis.folder, 'producer.nonce');
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file)).toHaveLength(17);
  for (const each of made) {
    each.emitRaw('1');
    await each.flush();
  }
  await Promise.all(made.map((each) => each.shutdown()));
});
