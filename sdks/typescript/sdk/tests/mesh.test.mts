import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import {
  BackpressureError,
  CapabilityError,
  MeshError,
  MeshNode,
  NetNode,
  NotConnectedError,
  StreamError,
  SubnetError,
  generateNetKeypair,
  subnetId,
  type MeshNodeConfig,
  type NetNodeConfig,
  type ScopeFilter,
} from '@net-mesh/sdk';
import { PSK, freeAddress } from './mesh.mjs';

const made: { shutdown(): Promise<void> }[] = [];
const children: ChildProcess[] = [];

async function mesh(config: Partial<MeshNodeConfig> = {}): Promise<MeshNode> {
  const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk: PSK.zeros, ...config });
  made.push(node);
  return node;
}

async function bus(config: NetNodeConfig): Promise<NetNode> {
  const node = await NetNode.create(config);
  made.push(node);
  return node;
}

async function pair(config: Partial<MeshNodeConfig> = {}): Promise<[MeshNode, MeshNode]> {
  const [from, to] = await Promise.all([mesh(config), mesh(config)]);
  await Promise.all([
    from.connect(to.localAddr(), to.publicKey(), to.nodeId()),
    to.accept(from.nodeId()),
  ]);
  return [from, to];
}

/** A program in a process of its own, and the lines that it prints. */
function program(code: string): { child: ChildProcess; lines: AsyncIterator<string> } {
  const child = spawn(process.execPath, ['-e', code], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

async function kind(failing: Promise<unknown>): Promise<string> {
  const error: unknown = await failing.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof MeshError)) throw error;
  return error.kind;
}

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(made.splice(0).map((node) => node.shutdown().catch(() => undefined)));
});

test('failures have names', async () => {
  const there = await mesh();
  const from = await mesh({ connectTimeoutMs: 300 });
  const [address, key, id] = [there.localAddr(), there.publicKey(), there.nodeId()];
  expect(await kind(from.connect(await freeAddress(), key, id))).toBe('no_answer');
  expect(await kind(from.connect(address, from.publicKey(), id))).toBe('wrong_key');
  expect(await kind(from.connect(address, key, 1n))).toBe('wrong_identity');
  const stranger = await mesh({ psk: PSK.other });
  expect(await kind(stranger.connect(address, key, id))).toBe('wrong_psk');
  expect(await kind(mesh({ bindAddr: address }))).toBe('address_in_use');
});

test('a full window and a lost peer have classes', async () => {
  const [from, to] = await pair();
  const stream = from.openStream(to.nodeId(), {
    streamId: 1n,
    reliability: 'reliable',
    windowBytes: 256,
  });
  const full = (async () => {
    for (;;) await from.sendOnStream(stream, [Buffer.alloc(200)]);
  })();
  await expect(full).rejects.toThrow(BackpressureError);
  await expect(full).rejects.toMatchObject({ kind: 'would block', retry: true });
  const ended = to.shutdown();
  const lost = async (): Promise<void> => {
    while (from.peerCount() > 0) await new Promise((resume) => setTimeout(resume, 1));
  };
  await Promise.all([ended, lost()]);
  const sent = from.sendOnStream(stream, [Buffer.from('late')]);
  await expect(sent).rejects.toThrow(NotConnectedError);
  await expect(sent).rejects.toThrow(StreamError);
  expect(() => from.openStream(to.nodeId(), { streamId: 2n })).toThrow(NotConnectedError);
});

test('nodes are watched as what they announce changes', async () => {
  const [from, to] = await pair();
  const seen: [bigint, string[] | null][] = [];
  const announced = from.announceCapabilities({ tags: ['edge', 'first'] });
  for await (const { nodeId, capabilities } of to.watchNodes({ requireTags: ['edge'] })) {
    seen.push([nodeId, capabilities?.tags ?? null]);
    if (seen.length === 1) await from.announceCapabilities({ tags: ['edge', 'second'] });
    if (seen.length === 2) await from.withdrawCapabilities();
    if (seen.length === 3) break;
  }
  await announced;
  const id = from.nodeId();
  expect(seen).toEqual([
    [id, ['edge', 'first']],
    [id, ['edge', 'second']],
    [id, null],
  ]);
});

test('what cannot be announced or asked for has a class', async () => {
  const node = await mesh();
  const reserved = node.announceCapabilities({ tags: ['heat:x'] });
  await expect(reserved).rejects.toThrow(CapabilityError);
  await expect(reserved).rejects.toThrow(
    'capability: tag "heat:x" starts with reserved prefix "heat:"',
  );
  const unknown = { kind: 'everything' } as unknown as ScopeFilter;
  expect(() => node.findNodesScoped({}, unknown)).toThrow('everything');
  await expect(
    mesh({ subnet: subnetId(3, 7), subnetPolicy: { rules: [] } }),
  ).resolves.toBeDefined();
  expect(() => subnetId(256)).toThrow(SubnetError);
});

test('a shutdown ends readers at once', async () => {
  const [from, to] = await pair();
  const events = to.receive({ peer: from.nodeId() });
  const next = events.next();
  await to.shutdown();
  expect(await next).toBeNull();
  expect(await kind(to.poll(1))).toBe('shut_down');
});

test('a process that is killed is noticed', async () => {
  const node = await mesh({ heartbeatIntervalMs: 50, sessionTimeoutMs: 500 });
  const { child, lines } = program(`
    const { MeshNode } = require('@net-mesh/sdk');
    (async () => {
      const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk: '${PSK.zeros}' });
      console.log(String(node.nodeId()));
      await node.connect('${node.localAddr()}', '${node.publicKey()}', ${node.nodeId()}n);
      const stream = node.openStream(${node.nodeId()}n, { streamId: 7n, reliability: 'reliable' });
      await node.sendOnStream(stream, [Buffer.from('from a process')]);
      await node.accept(1n);
    })();`);
  const id = BigInt(String((await lines.next()).value));
  const event = await node.receive({ streamId: 7n }).next();
  expect([event?.sender, event?.payload.toString()]).toEqual([id, 'from a process']);
  child.kill('SIGKILL');
  await once(child, 'exit');
  while (node.peerCount() > 0) await new Promise((resume) => setTimeout(resume, 5));
  expect(() => node.openStream(id, { streamId: 1n })).toThrow(NotConnectedError);
});

test('the events of a bus reach another process, which is killed and comes back', async () => {
  const [here, there] = [generateNetKeypair(), generateNetKeypair()];
  const [bind, peer] = [await freeAddress(), await freeAddress()];
  const timing = { heartbeatIntervalMs: 50, sessionTimeoutMs: 500 };
  const common = { type: 'mesh' as const, psk: PSK.zeros, ...timing };
  const other = JSON.stringify({
    ...common,
    bind: peer,
    peer: bind,
    peerPublicKey: here.publicKey,
    secretKey: there.secretKey,
  });
  const code = `
    const { NetNode } = require('@net-mesh/sdk');
    (async () => {
      const node = await NetNode.create({ shards: 4, transport: ${other} });
      node.emitRaw('"hello from there"');
      await node.flush();
      for await (const event of node.subscribe()) console.log(event.raw);
    })();`;
  const node = await bus({
    shards: 4,
    transport: { ...common, bind, peer, peerPublicKey: there.publicKey, secretKey: here.secretKey },
  });
  const numbers = Array.from({ length: 500 }, (_, index) => `${index}`);
  node.emitRawBatch(numbers);
  const first = program(code);
  const read: string[] = [];
  while (read.length < numbers.length) read.push(String((await first.lines.next()).value));
  expect(read).toEqual(numbers);
  const hello = await node.subscribe().next();
  expect(hello?.raw).toBe('"hello from there"');
  await node.flush();
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  node.emitRaw('"again"');
  const second = program(code);
  expect((await second.lines.next()).value).toBe('"again"');
  await node.flush();
  expect(node.stats().eventsDropped).toBe(0n);
});
