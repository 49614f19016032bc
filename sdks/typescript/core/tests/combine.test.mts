import { createRequire } from 'node:module';
import { type Backpressure, NetNode, type NetNodeConfig } from '@net-mesh/core';
import { expect, test } from 'vitest';
import { output } from './run.mjs';

const require = createRequire(import.meta.url);
const { HANDLE } = require('../dist/cjs/kernel') as { HANDLE: 'handle' };
const { native } = require('../dist/cjs/gen/native/bus') as {
  native: { busNetNodeStats(handle: number, out: Buffer): number };
};

/** The number of events that have crossed, read without a call that has others cross first. */
function crossed(node: NetNode): number {
  const out = Buffer.alloc(256);
  native.busNetNodeStats((node as unknown as { [HANDLE]: number })[HANDLE], out);
  // A record: its count of fields, the length of its body, and the first field.
  return out.readUInt8(5);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The events of a node's only shard, in order. */
async function all(node: NetNode): Promise<string[]> {
  return (await node.poll({ limit: 100_000 })).events.map((event) => event.raw);
}

test('calls of every kind keep their order', async () => {
  const node = new NetNode({ shards: 1 });
  const texts = Array.from({ length: 20_000 }, (_, at) =>
    JSON.stringify({ at, text: 'ü€😀'[at % 3] }),
  );
  const emit = [
    (text: string) => node.fire(text),
    (text: string) => node.emitBuffer(Buffer.from(text)),
    (text: string) => node.push(Buffer.from(text), 'key'),
    (text: string) => node.ingestFire(text),
    (text: string) => node.fireBatch([text]) === 1,
  ];
  expect(texts.every((text, at) => emit[at % 7 === 6 ? 4 : at % 4]?.(text))).toBe(true);
  expect(await all(node)).toEqual(texts);
});

test('texts of every length and kind cross as they are', async () => {
  const node = new NetNode({ shards: 1, maxEventBytes: 2 ** 22 });
  const lengths = [0, 1, 40, 41, 42, 43, 125, 126, 127, 128, 1000, 16_380, 16_390, 70_000, 200_000];
  const texts = lengths.flatMap((length) =>
    ['a', 'ü', '€', '😀'].map((char) => JSON.stringify(char.repeat(length))),
  );
  expect(texts.every((text) => node.fire(text))).toBe(true);
  expect(texts.every((text) => node.emitBuffer(Buffer.from(text)))).toBe(true);
  expect(await all(node)).toEqual([...texts, ...texts]);
});

test('what waits crosses before any other call on the object', async () => {
  const node = new NetNode({ shards: 1 });
  const calls: (() => unknown)[] = [
    () => node.emitRaw('"other"'),
    () => node.stats(),
    () => node.shards(),
    () => NetNode.fromNapi(node),
    () => node.channel('name'),
    () => node.flush(),
  ];
  for (const [at, call] of calls.entries()) {
    node.fire(JSON.stringify(at));
    const before = crossed(node);
    await call();
    expect(crossed(node)).toBeGreaterThan(before);
  }
});

test('what waits crosses before a call on whatever else belongs to the node', async () => {
  const node = new NetNode({ shards: 1 });
  const other = NetNode.fromNapi(node);
  const channel = node.channel('name');
  node.fire('0');
  channel.publish({});
  other.fire('1');
  node.emitRaw('2');
  node.emitBuffer(Buffer.from('3'));
  expect((await all(other)).map((text) => text[0])).toEqual(['0', '{', '1', '2', '3']);
  node.fire('4');
  await other.shutdown();
  expect(node.stats()).toMatchObject({ eventsIngested: 6n, rejected: 0n });
});

test('what waits crosses in the next turn of the loop', async () => {
  const node = new NetNode({ shards: 1 });
  node.fire('1');
  node.emitBuffer(Buffer.from('2'));
  expect(crossed(node)).toBe(0);
  await turn();
  expect(crossed(node)).toBe(2);
  const stream = node.subscribe();
  const read = (async () => [(await stream.next())?.raw, (await stream.next())?.raw])();
  expect(await read).toEqual(['1', '2']);
  const next = stream.next();
  node.fire('3');
  expect((await next)?.raw).toBe('3');
});

test('what waits crosses when the object is let go, shut down or collected', async () => {
  const node = new NetNode({ shards: 1 });
  const other = NetNode.fromNapi(node);
  (() => new WeakRef(NetNode.fromNapi(node)).deref()?.fire('1'))();
  await turn();
  expect(other.stats().eventsIngested).toBe(1n);
  node.fire('2');
  await node.shutdown();
  expect(other.stats().eventsIngested).toBe(2n);
  expect(node.fire('3')).toBe(false);
  await node[Symbol.asyncDispose]();
  expect(() => node.fire('4')).toThrow('handle: closed');
});

test.each(['return', 'process.exit()', 'throw new Error("end")'])(
  'what waits crosses when the process ends by %s',
  async (end) => {
    const code = `
      const node = new NetNode({ shards: 1 });
      const other = NetNode.fromNapi(node);
      const print = () => console.log(String(other.stats().eventsIngested));
      process.on('exit', () => { print(); node.fire('3'); print(); process.exitCode = 0; });
      process.on('uncaughtException', () => undefined);
      node.fire('1');
      node.emitBuffer(Buffer.from('2'));
      (() => { ${end}; })();`;
    expect(await output(code)).toBe('2\n3');
  },
);

test.each<[Backpressure, number]>([
  ['fail_producer', 0],
  ['drop_newest', 24],
])('a full node refuses exactly what has no room: %s', async (backpressure, dropped) => {
  const config: NetNodeConfig = { shards: 1, bufferCapacity: 16, backpressure };
  const node = new NetNode(config);
  const held = node.subscribe();
  const taken = Array.from({ length: 40 }, (_, at) => node.fire(String(at)));
  expect(taken).toEqual(Array.from({ length: 40 }, (_, at) => at < 16));
  expect(node.stats()).toMatchObject({ held: 16n, eventsDropped: BigInt(dropped) });
  expect(await held.nextBatch(16)).toHaveLength(16);
});

test('room that was granted is free again for others', async () => {
  const node = new NetNode({ shards: 1, bufferCapacity: 16, backpressure: 'fail_producer' });
  const other = NetNode.fromNapi(node);
  const held = node.subscribe();
  expect(node.fire('0')).toBe(true);
  await turn();
  expect(other.emitRawBatch(Array.from({ length: 20 }, (_, at) => String(at)))).toBe(15);
  held.close();
});

test('the oldest events make room where that is asked for', async () => {
  const node = new NetNode({ shards: 1, bufferCapacity: 16, backpressure: 'drop_oldest' });
  expect(Array.from({ length: 40 }, (_, at) => node.fire(String(at)))).not.toContain(false);
  expect(await all(node)).toEqual(Array.from({ length: 16 }, (_, at) => String(at + 24)));
});

test('texts that are not JSON are counted, and the next flush tells of the first', async () => {
  const node = new NetNode({ shards: 1 });
  const texts = ['1', '{"a":]', '2', 'nope'];
  expect(texts.map((text) => node.fire(text))).toEqual([true, true, true, true]);
  expect(node.emitBuffer(Buffer.from([0xff]))).toBe(true);
  expect(node.stats()).toMatchObject({ eventsIngested: 2n, rejected: 3n });
  await expect(node.flush()).rejects.toMatchObject({ kind: 'invalid_json', index: 1, offset: 5n });
  await node.flush();
  node.fire('[');
  await expect(node.flush()).rejects.toMatchObject({ kind: 'invalid_json', index: 0, offset: 1n });
});

test('a call that is refused leaves the others as they are', async () => {
  const node = new NetNode({ shards: 1 });
  node.fire('1');
  expect(() => node.fire('"\ud800"')).toThrow('argument: json');
  expect(() => node.emitBuffer(Buffer.from('2'), 5 as never)).toThrow('argument: key');
  node.fire('3');
  expect(await all(node)).toEqual(['1', '3']);
});
