import { type BaseError, NetNode, type NetNodeConfig } from '@net-mesh/core';
import * as echo from '@net-mesh/core/echo';
import { expect, test } from 'vitest';

const wrong = (value: unknown): never => value as never;

/** A Uint8Array whose bytes have gone elsewhere. */
function transferred(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function throwing(error: unknown): never {
  throw error;
}

/** A list in a list in a list, around `null`. */
function nested(depth: number): unknown {
  let value: unknown = null;
  for (let at = 0; at < depth; at++) {
    value = [value];
  }
  return value;
}

/** The argument that a call refuses, and why. */
async function refused(run: () => unknown): Promise<[unknown, unknown]> {
  try {
    await run();
  } catch (error) {
    const { family, kind, argument, reason, message } = error as BaseError;
    expect({ family, kind }).toEqual({ family: 'base', kind: 'argument' });
    expect(message).toBe(`argument: ${argument}: ${reason}`);
    return [argument, reason];
  }
  throw new Error('nothing was thrown');
}

test.each<[keyof NetNodeConfig, NetNodeConfig, string]>([
  ['shards', { shards: 0 }, '0 is below 1'],
  ['shards', { numShards: 4097 }, '4097 is above 4096'],
  ['bufferCapacity', { bufferCapacity: 1 }, '1 is below 2'],
  ['bufferCapacity', { ringBufferCapacity: -1 }, '-1 is below 2'],
  ['bufferCapacity', { bufferCapacity: NaN }, 'expected an integer from 0 to 4294967295, got NaN'],
  ['maxEventBytes', { maxEventBytes: 1n }, '1 is below 2'],
  ['maxBufferBytes', { maxBufferBytes: 0 }, '0 is below 1'],
])('an option out of range is named as it is written: %s of %o', async (name, config, reason) => {
  expect(await refused(() => new NetNode(config))).toEqual([name, reason]);
  expect(await refused(() => NetNode.create(config))).toEqual([name, reason]);
});

test('an option that there is not is named, and one that is undefined is left out', async () => {
  const none = 'there is no such option';
  const config = { shards: 1, shard: 2 };
  expect(await refused(() => new NetNode(config))).toEqual(['shard', none]);
  expect(await refused(() => NetNode.create(config))).toEqual(['shard', none]);
  const inner = { redis: { url: 'redis://127.0.0.1:1', pipeline_size: 1 } };
  expect(await refused(() => new NetNode(inner))).toEqual(['pipeline_size', none]);
  const transport = wrong({ type: 'memory', url: 'redis://127.0.0.1:1' });
  expect(await refused(() => new NetNode({ transport }))).toEqual(['url', none]);
  const named = wrong(Object.assign(Object.create(null), { limit: 1, from_: 'latest' }));
  expect(await refused(() => node.poll(named))).toEqual(['from_', none]);
  expect(await refused(() => node.subscribe(wrong(['latest'])))).toEqual(['0', none]);
  const left: NetNodeConfig = Object.assign({ shards: 1 }, { shard: undefined });
  await new NetNode(left).shutdown();
});

const big = 'expected a bigint or safe integer from 0 to 18446744073709551615, got ';
const node = new NetNode({ shards: 1 });

test.each<[unknown, string]>([
  [-1, `${big}-1`],
  [2 ** 53, `${big}9007199254740992`],
  [2n ** 64n, `${big}18446744073709551616n`],
  [NaN, `${big}NaN`],
  [Infinity, `${big}Infinity`],
  [1.5, `${big}1.5`],
  ['1', `${big}"1"`],
  [null, `${big}null`],
  [undefined, `${big}undefined`],
  [{}, `${big}object`],
])('what is no 64-bit number is refused: %s', async (value, reason) => {
  expect(await refused(() => echo.echoU64(wrong(value)))).toEqual(['value', reason]);
  const hash = (): boolean => node.pushWithHash(Buffer.from('1'), wrong(value));
  expect(await refused(hash)).toEqual(['hash', reason]);
});

test.each<[string, () => unknown, string]>([
  ['json', () => node.emitRaw(wrong(5)), 'expected a string, got 5'],
  ['json', () => node.emitRaw('"\udc00"'), 'expected a string without lone surrogates'],
  ['key', () => node.emitRaw('1', wrong({})), 'expected a string, got object'],
  ['key', () => node.emitBuffer(Buffer.from('1'), '\ud800'), 'expected a string without lone'],
  ['json', () => node.fire('"\ud800"'), 'expected a string without lone surrogates'],
  ['json', () => node.fire(wrong(undefined)), 'expected a string, got undefined'],
  ['data', () => node.emitBuffer(wrong('1')), 'expected a Uint8Array, got "1"'],
  ['data', () => node.emitBuffer(wrong(new ArrayBuffer(1))), 'expected a Uint8Array, got object'],
  ['data', () => node.emitBuffer(transferred()), 'expected a Uint8Array, got object'],
  ['data', () => node.prehash(transferred()), 'expected a Uint8Array, got object'],
  [
    'data',
    () => node.emitBuffer(wrong(Object.create(Uint8Array.prototype))),
    'expected a Uint8Array',
  ],
  ['events', () => node.pushBatch([new Proxy(Buffer.alloc(1), {})]), 'expected a Uint8Array'],
  ['jsons', () => node.emitRawBatch(wrong('1')), 'expected an array, got "1"'],
  ['jsons', () => node.emitRawBatch(['1', '\ud800']), 'expected a string without lone surrogates'],
  ['jsons', () => node.emitRawBatch(new Array(2 ** 32 - 1)), 'expected a string, got undefined'],
  ['events', () => node.pushBatch([wrong('1')]), 'expected a Uint8Array, got "1"'],
  ['event', () => node.emit(undefined), 'expected a value that JSON has, got undefined'],
  ['json', () => node.emitRawAsync(wrong(null)), 'expected a string, got null'],
  ['request', () => node.poll(wrong(5)), 'expected an object, got 5'],
  ['limit', () => node.poll({ limit: 0 }), '0 is below 1'],
  ['limit', () => node.subscribe({ limit: 65_537 }), '65537 is above 65536'],
  ['cursor', () => node.poll({ cursor: wrong(1) }), 'expected a string, got 1'],
  [
    'limit',
    () => node.poll({ limit: wrong(3n) }),
    'expected an integer from 0 to 4294967295, got 3n',
  ],
  ['signal', () => node.poll({ signal: wrong(5) }), 'expected an AbortSignal'],
  ['ordering', () => node.poll({ ordering: wrong('x') }), 'expected one of none, insertion_ts'],
  ['timeoutMs', () => node.shutdown({ timeoutMs: -1 }), `${big}-1`],
  ['transport', () => new NetNode({ transport: wrong({}) }), 'expected a case of the union'],
  ['name', () => node.channel(wrong(5)), 'expected a string, got 5'],
  ['bus', () => NetNode.fromNapi(wrong({})), 'expected NetNode, got object'],
  ['handler', () => echo.ask(wrong(5), { text: '' }, Buffer.alloc(0)), 'expected EchoHandler'],
  ['data', () => echo.ask(() => Buffer.alloc(0), { text: '' }, wrong([])), 'expected a Uint8Array'],
  ['values', () => echo.sumStream(wrong(5)), 'expected an async iterable, got number'],
  ['values', () => echo.echoList([2 ** 32]), 'expected an integer from 0 to 4294967295'],
  ['values', () => echo.echoMap({ '\ud800': 1 }), 'expected a string without lone surrogates'],
  ['values', () => echo.echoMap(wrong(new Map([['a', 1]]))), 'expected an object with keys'],
  ['value', () => echo.echoDate(Object.create(Date.prototype)), 'expected a valid Date'],
  ['max', () => echo.countUp(3).nextBatch(0), '0 is below 1'],
  [
    'max',
    () => echo.countUp(3).nextBatch(NaN),
    'expected an integer from 0 to 4294967295, got NaN',
  ],
])('a wrong argument is refused by name: %s', async (name, run, reason) => {
  const [argument, why] = await refused(run);
  expect(argument).toBe(name);
  expect(String(why).slice(0, reason.length)).toBe(reason);
});

test.each<[string, () => unknown]>([
  ['boom', () => node.emit({ toJSON: () => throwing('boom') })],
  ['undefined', () => node.emit({ toJSON: () => throwing(undefined) })],
  ['something without a text', () => node.emit({ toJSON: () => throwing(Object.create(null)) })],
  ['Maximum call stack size exceeded', () => node.emit(nested(100_000))],
])('a value that does not become JSON is refused: %s', (why, run) => {
  const message = `codec_encode: event: ${why}`;
  expect(run).toThrow(expect.objectContaining({ kind: 'codec_encode', message }));
});

test('a list is taken as long as it was when it was handed over', () => {
  const growing: unknown[] = [{ toJSON: () => growing.push(2) }, 1];
  expect(new NetNode().emitBatch(growing)).toBe(2);
  const shrinking: unknown[] = [{ toJSON: () => (shrinking.length = 1) }, 1];
  const message = 'argument: events: expected a value that JSON has, got undefined';
  expect(() => node.emitBatch(shrinking)).toThrow(message);
});

test('what only looks like an object of the library is closed', () => {
  const fake = Object.create(NetNode.prototype) as NetNode;
  expect(() => fake.emitRaw('1')).toThrow(expect.objectContaining({ kind: 'handle' }));
});

test('a signal that only looks like one ends nothing but its own call', async () => {
  const deaf = { addEventListener: () => undefined, aborted: false };
  expect(await refused(() => node.flush({ signal: wrong(deaf) }))).toEqual([
    'signal',
    'expected an AbortSignal',
  ]);
  const broken = (method: 'addEventListener' | 'removeEventListener') => ({
    ...deaf,
    removeEventListener: () => undefined,
    [method]: () => throwing('broken'),
  });
  const flushed = node.flush();
  for (const method of ['addEventListener', 'removeEventListener'] as const) {
    await expect(node.flush({ signal: wrong(broken(method)) })).rejects.toBe('broken');
  }
  await flushed;
  const handler = (_: unknown, data: Buffer): Buffer => data;
  const signal = wrong(broken('addEventListener'));
  const asked = echo.ask(handler, { text: '' }, Buffer.alloc(0), 1, { signal });
  await expect(asked).rejects.toBe('broken');
  expect(await new echo.EchoBox('a').read()).toBe('a');
});

test('what was refused left nothing behind', async () => {
  expect((await node.poll()).events).toEqual([]);
  expect(node.stats().rejected).toBe(0n);
  expect(node.emitRaw('"still works"').shardId).toBe(0);
});

test('an event that is too large is refused, or counted', () => {
  const small = new NetNode({ shards: 1, maxEventBytes: 10 });
  const long = JSON.stringify('x'.repeat(10));
  const fields = { kind: 'event_too_large', index: 0, size: 12n, limit: 10n };
  expect(() => small.emitRaw(long)).toThrow(expect.objectContaining(fields));
  const second = { ...fields, index: 1 };
  expect(() => small.emitRawBatch(['1', long])).toThrow(expect.objectContaining(second));
});

test('an object that is closed is refused, wherever it is used', async () => {
  const cell = new echo.TypedCell<number>();
  const box = new echo.EchoBox('open');
  const gone = new echo.EchoBox('gone');
  await gone[Symbol.asyncDispose]();
  cell.close();
  const stream = echo.countUp(3);
  stream.close();
  const uses = [
    () => cell.put(1),
    () => gone.text,
    () => gone.read(),
    () => box.pair(gone),
    () => echo.EchoBox.merged([box, gone]),
  ];
  for (const use of uses) {
    const result = (async () => use())();
    await expect(result).rejects.toMatchObject({ kind: 'handle', message: 'handle: closed' });
  }
  expect(await stream.next()).toBeNull();
});

test.each<[unknown, string]>([
  [NaN, 'event: JSON has no NaN'],
  [[1, -Infinity], 'event: JSON has no -Infinity (at "1")'],
  [{ at: { celsius: NaN } }, 'event: JSON has no NaN (at "celsius")'],
])('a number that JSON cannot hold is refused, not sent as null: %o', (value, message) => {
  expect(() => node.emit(value)).toThrow(message);
  expect(() => node.emitBatch([{ text: 'null' }, value])).toThrow(
    message.replace('event', 'events'),
  );
});

test.each<unknown>(['\ud800', { at: ['a\udfff'] }, { '\udc00': 1 }, '\\\ud800'])(
  'text that UTF-8 cannot hold is refused inside of values: %j',
  (value) => {
    const message = 'argument: event: has text with a lone surrogate, which UTF-8 cannot hold';
    expect(() => node.emit(value)).toThrow(message);
    expect(() => node.channel('c').publish({ value })).toThrow(message);
  },
);

test('text that only looks like a lone surrogate is taken', () => {
  for (const text of ['\\ud800', '\\\\udfff', '😀', '\\\\\\ud83d']) {
    expect(node.emit({ text }).shardId).toBe(0);
  }
});

test('null is an event like any other', () => {
  expect(node.emit({ nothing: null, text: 'null' }).shardId).toBe(0);
});

test('methods of what is no object of the library say so', () => {
  const closed = expect.objectContaining({ family: 'base', kind: 'handle' });
  for (const other of [{}, Object.create(NetNode.prototype), 'text', 1, () => 0]) {
    expect(() => NetNode.prototype.emitRaw.call(wrong(other), '1')).toThrow(closed);
  }
  for (const other of [{}, Object.create(NetNode.prototype)]) {
    expect(() => NetNode.prototype.fire.call(wrong(other), '1')).toThrow(closed);
  }
});

test('what the library refuses has the name that it has in TypeScript', async () => {
  const redis = { url: 'redis://127.0.0.1:1' };
  await expect(
    NetNode.create({ producerNoncePath: '/dev/null/nonce', redis }),
  ).rejects.toMatchObject({
    kind: 'invalid_config',
    option: 'producerNoncePath',
    message: expect.stringMatching(/^bus: invalid_config: producerNoncePath: /),
    detail: expect.stringMatching(/^producerNoncePath: /),
  });
});
