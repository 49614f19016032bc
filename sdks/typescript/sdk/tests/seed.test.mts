import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChannelAuthError, MeshNode, type NetDb, Redex, TasksAdapter } from '@net-mesh/sdk';
import { afterEach, expect, test, vi } from 'vitest';
import { hasSnippet } from './snippet.mjs';

async function run(title: string, file: string): Promise<string[]> {
  expect(hasSnippet(title, file)).toBe(true);
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await import(`./seed/${file}.mts`);
  return log.mock.calls.map((call) => String(call[0]));
}

afterEach(() => vi.restoreAllMocks());

test('Quick Start', async () => {
  const printed = await run('Quick Start', 'quick_start');
  expect(printed).toHaveLength(12);
  expect(printed.slice(0, 6).sort()).toEqual(printed.slice(6).sort());
  expect(printed).toContain('{"token": "world"}');
});

test('Typed Streams', async () => {
  expect((await run('Typed Streams', 'typed_streams')).sort()).toEqual(['0: a', '1: b']);
});

test('Typed Channels', async () => {
  expect(await run('Typed Channels', 'typed_channels')).toEqual(['A1: 22.5°C']);
});

test('Ingestion Methods', async () => {
  const { receipts, truths, counts, ingested } = await import('./seed/ingestion_methods.mjs');
  expect(receipts.map((receipt) => typeof receipt.shardId)).toEqual(['number', 'number']);
  expect(truths).toEqual([true, true]);
  expect(counts).toEqual([2, 3, 1]);
  expect(ingested).toBe(10n);
});

test('Security', async () => {
  await run('Security', 'security');
  const { grantee, identity, token } = await import('./seed/security.mjs');
  expect(token.bytes).toHaveLength(169);
  expect(token.issuer).toEqual(identity.entityId);
  expect(token.subject).toEqual(grantee.entityId);
  expect([token.scope, token.delegationDepth]).toEqual([['subscribe'], 0]);
  expect([token.verify(), token.isExpired()]).toEqual([true, false]);
  expect(token.notAfter.getTime() - token.notBefore.getTime()).toBe(300_000);
});

test('Capability announcements and scoped discovery', async () => {
  await run('Capability announcements', 'capabilities');
  const { gpuPeers, mesh } = await import('./seed/capabilities.mjs');
  expect(gpuPeers).toEqual([mesh.nodeId()]);
  expect(mesh.peerCapabilities(mesh.nodeId())?.hardware?.gpu?.model).toBe('h100');
  await run('Scoped discovery', 'scoped_discovery');
  const { oemNodes } = await import('./seed/scoped_discovery.mjs');
  expect(oemNodes).toEqual([mesh.nodeId()]);
  const others = { kind: 'tenant', tenant: 'another' } as const;
  expect(mesh.findNodesScoped({}, others)).toEqual([]);
  await mesh.shutdown();
});

test('Subnets', async () => {
  await run('Subnets', 'subnets');
  const { mesh } = await import('./seed/subnets.mjs');
  expect(mesh.findNodesScoped({}, { kind: 'sameSubnet' })).toEqual([mesh.nodeId()]);
  await mesh.shutdown();
});

test('Mesh Streams', async () => {
  expect(hasSnippet('Mesh Streams', 'mesh_streams')).toBe(true);
  const { node, stats } = await import('./seed/mesh_streams.mjs');
  const { counted, peer, peerNodeId } = await import('./seed/peer.mjs');
  expect(counted).toEqual([]);
  expect(stats?.txSeq).toBe(3n);
  const payloads: string[] = [];
  for await (const event of peer.receive()) {
    expect([event.sender, event.streamId, event.reliable]).toEqual([node.nodeId(), 0x42n, true]);
    payloads.push(event.payload.toString());
    if (payloads.length === 3) break;
  }
  expect(payloads).toEqual(['{}', '{}', '{}']);
  expect(node.peers().map((one) => one.nodeId)).toEqual([peerNodeId]);
  await Promise.all([node.shutdown(), peer.shutdown()]);
});

test('Channels (distributed pub/sub)', async () => {
  const printed = await run('Channels (distributed pub/sub)', 'channels');
  expect(printed).toEqual(['1/1 subscribers received']);
  const { a, b, bNodeId, report } = await import('./seed/channels.mjs');
  expect([report.attempted, report.delivered, report.errors]).toEqual([1, 1, []]);
  const events = [];
  while (events.length === 0) events.push(...(await a.poll(10)));
  expect(events.map((event) => [event.sender, event.channel])).toEqual([[bNodeId, 'sensors/temp']]);
  expect(JSON.parse(events[0]!.payload.toString())).toEqual({ celsius: 22.5 });
  await Promise.all([a.shutdown(), b.shutdown()]);
});

test('Channel authentication', async () => {
  await run('Channel authentication', 'channel_authentication');
  const { publisher, subscriber, token } = await import('./seed/channel_authentication.mjs');
  expect(await publisher.publish('events/inference', Buffer.from('{}'))).toMatchObject({
    attempted: 1,
    delivered: 1,
  });
  const events = [];
  while (events.length === 0) events.push(...(await subscriber.poll(10)));
  expect(events.map((event) => event.payload.toString())).toEqual(['{}']);
  const other = await MeshNode.create({ bindAddr: '127.0.0.1:9006', psk: '42'.repeat(32) });
  const fromHere = { peer: publisher.nodeId(), key: publisher.publicKey() };
  await Promise.all([
    publisher.accept(other.nodeId()),
    other.connect('127.0.0.1:9004', fromHere.key, fromHere.peer),
  ]);
  await other.announceCapabilities({ tags: ['gpu'] });
  await expect(
    other.subscribeChannel(fromHere.peer, 'events/inference', { token }),
  ).rejects.toBeInstanceOf(ChannelAuthError);
  await Promise.all([publisher.shutdown(), subscriber.shutdown(), other.shutdown()]);
});

test('Raw RedEX file', async () => {
  process.env['NET_TEST_FOLDER'] = mkdtempSync(join(tmpdir(), 'net-redex-'));
  expect(await run('Raw RedEX file', 'raw_redex_file')).toEqual(['0']);
  const { file, firstSeq, seq } = await import('./seed/raw_redex_file.mjs');
  expect([seq, firstSeq]).toEqual([0n, 1n]);
  await file.close();
  expect(() => file.append(Buffer.from('late'))).toThrow('closed');
});

test('CortEX & NetDb', async () => {
  await run('CortEX & NetDb', 'cortex_netdb');
  const { db, rendered } = await import('./seed/cortex_netdb.mjs');
  expect(rendered).toEqual([['write docs'], ['ship docs']]);
  await db.close();
  expect(() => db.tasks!.delete(1n)).toThrow('cortex: closed');
  expect(db.memories!.count()).toBe(0);
});

test('Plain watches', async () => {
  await run('Plain watches', 'plain_watches');
  // By a name that only running tells, since the program is checked on its own: it leaves a variable unused.
  const { db }: { db: NetDb } = await import(`./seed/${'plain_watches'}.mts`);
  expect(db.tasks!.isRunning()).toBe(false);
});

test('Standalone adapters', async () => {
  process.env['NET_TEST_FOLDER'] = mkdtempSync(join(tmpdir(), 'net-cortex-'));
  await run('Standalone adapters', 'standalone_adapters');
  const { tasks } = await import('./seed/standalone_adapters.mjs');
  await tasks.waitForSeq(tasks.create(1n, 'kept', 1n));
  await tasks.close();
  const redex = new Redex({ persistentDir: process.env['NET_TEST_FOLDER'] });
  const again = await TasksAdapter.open(redex, 0xabcdef01, { persistent: true });
  expect(again.listTasks().map((task) => task.title)).toEqual(['kept']);
  await again.close();
});

test('Read-your-writes', async () => {
  await run('Read-your-writes', 'read_your_writes');
  const { tasks, token } = await import('./seed/read_your_writes.mjs');
  expect([token.toString(), tasks.count()]).toEqual(['00000000abcdef01:0', 1]);
});
