import * as echo from '@net-mesh/core/echo';
import { NetNode } from '@net-mesh/core';
import { expect, test } from 'vitest';

function throwing(error: unknown): never {
  throw error;
}

function unreadable(): Error {
  return Object.defineProperty(new Error(), 'message', { get: () => throwing('unreadable') });
}

/** An error whose field is no longer what it has to be. */
function spoiled(): echo.EchoStatusError {
  const error = new echo.EchoStatusError(7, Buffer.alloc(0));
  return Object.assign(error, { message: 'spoiled', fields: { status: 'x' } });
}

test('an object, its properties, methods and names', async () => {
  const box = new echo.EchoBox('abc');
  expect(box).toBeInstanceOf(echo.EchoCell);
  expect([box.text, box.length(), box.sizeOf(), box.itself]).toEqual(['abc', 3, 3, box]);
  expect(box.serial).toBe(box.serial);
  expect(box.set('x').push(Buffer.from('yz'))).toBe(true);
  expect(await box.read()).toBe('xyz');
  expect(box.pair(new echo.EchoBox('!')).text).toBe('xyz!');
  expect(box.find('yz')?.text).toBe('yz');
  expect(box.find('no')).toBeNull();
  expect(echo.EchoBox.merged([box, box]).text).toBe('xyzxyz');
  expect((await echo.EchoBox.open('a', { count: 2 })).text).toBe('a');
  expect((await echo.EchoBox.open(12n)).text).toBe('12');
  expect(new echo.EchoBox(Buffer.from('ü')).text).toBe('ü');
  expect(() => new echo.EchoBox(Buffer.of(0xff))).toThrow(
    expect.objectContaining({ kind: 'odd text' }),
  );
  expect(new (class extends echo.EchoBox {})('sub').text).toBe('sub');
  expect([echo.doubled('ab'), echo.doubled(4)]).toEqual(['abab', 8n]);
  await expect(echo.EchoBox.open('fail')).rejects.toMatchObject({ kind: 'rejected' });
  await expect((async () => box.pair({} as never))()).rejects.toMatchObject({ kind: 'argument' });
});

test('objects and streams in records', async () => {
  const [a, b] = [new echo.EchoBox('a'), new echo.EchoBox('b')];
  const label = { text: 'kit', color: 'red' } as const;
  const kit = echo.echoKitOf({ label, first: a, more: [b, b] });
  expect(kit.first).toBeInstanceOf(echo.EchoBox);
  expect([kit.first.text, kit.spare, kit.more.map((box) => box.text)]).toEqual([
    'a',
    null,
    ['b', 'b'],
  ]);
  expect(echo.kitText(kit)).toBe('kit a b b');
  a.set('changed');
  expect(kit.first.text).toBe('changed');
  const watch = await a.watch(3);
  expect(await watch.numbers.toArray()).toEqual([0, 1, 2]);
  expect(await echo.kitTextLater(watch.kit, kit)).toBe(
    'changed changed changed0 changed1 kit changed b b',
  );
  expect(() => echo.kitText({ label, first: {} as never, more: [] })).toThrow(
    expect.objectContaining({
      kind: 'argument',
      fields: expect.objectContaining({ argument: 'first' }),
    }),
  );
  const given = echo.echoKitOf({ label, first: Buffer.from('x'), more: [a, Buffer.from('y')] });
  expect([given.first.text, ...given.more.map((box) => box.text)]).toEqual(['x', 'changed', 'y']);
  expect(a.pair(Buffer.from('!')).text).toBe('changed!');
  expect(() => a.pair(Buffer.of(0xff))).toThrow(expect.objectContaining({ kind: 'odd text' }));
  expect(() => a.pair(7 as never)).toThrow(
    expect.objectContaining({ fields: expect.objectContaining({ argument: 'other' }) }),
  );
  expect(a.boxed({ text: '', color: 'red' })).toBeNull();
});

test('a call that blocks', () => {
  const gate = new echo.EchoGate();
  expect(gate.enter(1)).toBe(false);
  gate.open();
  expect(gate.enter(600_000)).toBe(true);
});

test('metrics are printed for scrapers', () => {
  const room = { name: 'a', weightBytes: 1, color: 'red' } as const;
  const text = echo.meterText({ calls: 2, depth: -3, rooms: [room], kinds: { x: 4 } });
  expect(text).toContain('\nnet_echo_calls_total 2\n');
  expect(text.endsWith('\nnet_echo_kinds_total{kind="x"} 4\n')).toBe(true);
});

test('tuples', async () => {
  const [name, place, pauseMs, note] = echo.echoSpotOf(['a', 1]);
  expect([name, place, pauseMs, note]).toEqual(['a', 1n, 20, null]);
  const spot: echo.EchoSpot = echo.echoSpotOf(['a', 1n, 5, 'n']);
  expect(spot).toEqual(['a', 1n, 5, 'n']);
  expect(echo.echoSpotMaybe()).toBeNull();
  const [spots, numbers] = echo.pull([spot, ['b', 2]], 3);
  expect(spots.map(([, place]) => place)).toEqual([1n, 2n]);
  expect(await numbers.toArray()).toEqual([0, 1, 2]);
  const [elder, younger] = echo.echoTwinsOf([new echo.EchoBox('a'), Buffer.from('b')]);
  expect([elder.text, younger.text]).toEqual(['b', 'a']);
  const refused: [unknown, string, RegExp][] = [
    [['a'], 'spot', /it has 1 parts, not 2 to 4/],
    [['a', 1, 2, 'n', 3], 'spot', /it has 5 parts/],
    [{ name: 'a', place: 1 }, 'spot', /expected an array/],
    [['a', -1], 'place', /expected/],
    [['a', 1, 60_001], 'pauseMs', /60001/],
  ];
  for (const [given, argument, reason] of refused) {
    expect(() => echo.echoSpotOf(given as never)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(reason),
        fields: expect.objectContaining({ argument }),
      }),
    );
  }
});

test('a generic object, with and without a validator', () => {
  const cell = new echo.TypedCell<{ a: number }>();
  expect(cell.take()).toBeNull();
  cell.put({ a: 1 });
  expect(cell.take()).toEqual({ a: 1 });
  const checked = new echo.TypedCell<string>((data) => `checked ${String(data)}`);
  checked.put('x');
  expect(checked.take()).toBe('checked x');
});

test('closing twice is nothing, and using what is closed an error', async () => {
  const cell = new echo.TypedCell<number>();
  cell.close();
  cell.close();
  expect(() => cell.put(1)).toThrow(expect.objectContaining({ kind: 'handle' }));
  const box = new echo.EchoBox();
  await box[Symbol.asyncDispose]();
  expect(() => box.text).toThrow(expect.objectContaining({ kind: 'handle' }));
});

test('a signal cancels, before and during', async () => {
  const box = new echo.EchoBox();
  const early = AbortSignal.abort('why');
  await expect(box.wait({ signal: early })).rejects.toMatchObject({
    kind: 'cancelled',
    cause: 'why',
  });
  const controller = new AbortController();
  const waiting = box.wait({ signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ kind: 'cancelled' });
  const ended = box.wait();
  await box.shut();
  await ended;
});

test('streams of the library', async () => {
  expect(await echo.countUp(1000).toArray()).toHaveLength(1000);
  const stream = echo.countUp(5);
  expect([await stream.next(), await stream.nextBatch(2)]).toEqual([0, [1, 2]]);
  for await (const value of stream) {
    expect(value).toBe(3);
    break;
  }
  expect(await stream.next()).toBeNull();
  const letters = new echo.EchoBox('abcdef').letters();
  letters.skip(2);
  expect(await letters.toArray()).toEqual(['c', 'd', 'e', 'f']);
});

test('streams of the host, asked as fast as they are taken', async () => {
  expect(await echo.sumStream([1, 2, 3])).toBe(6n);
  let given = 0;
  let closed = false;
  async function* source(): AsyncGenerator<echo.LabelInput> {
    try {
      for (;;) yield { text: String(given++) };
    } finally {
      closed = true;
    }
  }
  const through = echo.echoStream(source());
  expect(await through.nextBatch(1)).toEqual([{ text: '0', color: 'red' }]);
  // The queue that would ask for more is served once with every answer.
  for (let round = 0; round < 100; round++) await echo.mapNumbers([1], (value) => value);
  expect(given).toBeLessThan(200);
  through.close();
  await expect.poll(() => closed).toBe(true);
});

test('host interfaces: functions, objects, errors and promises', async () => {
  expect(await echo.mapNumbers([1, 2n], (value) => value * 2n)).toEqual([2n, 4n]);
  expect(await echo.mapNumbers([1], { map: (value) => value })).toEqual([1n]);
  const label = { text: 'q' };
  const asked = await echo.ask(async (_, data) => data, label, Buffer.from('d'), 50);
  expect(asked).toEqual(Buffer.from('d'));
  const refused = echo.mapNumbers([1], () => Promise.resolve(1n) as never);
  await expect(refused).rejects.toMatchObject({ kind: 'host_threw' });
  const fails = (): never => {
    throw new Error('no');
  };
  await expect(echo.ask(fails, label, Buffer.alloc(0))).rejects.toMatchObject({
    kind: 'host_threw',
    detail: 'no',
  });
  const status = (): never => {
    throw new echo.EchoStatusError(7, Buffer.from('b'));
  };
  await expect(echo.ask(status, label, Buffer.alloc(0))).rejects.toMatchObject({
    kind: 'status',
    status: 7,
  });
  const values = new Map<string, Uint8Array>();
  const store = {
    name: 'map',
    put: (key: string, value: Buffer): void => void values.set(key, value),
    get: (key: string): Uint8Array | undefined => values.get(key),
    erase: (key: string): boolean => values.delete(key),
  };
  await new echo.EchoBox('kept').save(store, 'k');
  expect(values.size).toBe(0);
  const { erase: _, ...lasting } = store;
  await new echo.EchoBox('kept').save(lasting, 'k');
  expect(values.get('k')).toEqual(Buffer.from('kept'));
});

test.each<[string, () => unknown]>([
  ['something without a text', () => throwing(Object.create(null))],
  ['something without a text', () => throwing(unreadable())],
  ['5', () => throwing(Object.assign(new Error(), { message: 5 }))],
  [
    'no then',
    () => ({
      get then() {
        throw new Error('no then');
      },
    }),
  ],
  ['spoiled', () => throwing(spoiled())],
])('whatever a host does wrong is an answer: %s', async (detail, fail) => {
  const label = { text: 'q' };
  const [plain, waiting] = [
    echo.ask(fail as never, label, Buffer.alloc(0)),
    echo.mapNumbers([1], fail as never),
  ];
  // Both are looked at from the start, since either may fail first.
  await Promise.all(
    [plain, waiting].map((failed) =>
      expect(failed).rejects.toMatchObject({ kind: 'host_threw', detail }),
    ),
  );
});

test('an iterable that does not end properly harms nobody', async () => {
  let ended = false;
  const source: Iterator<echo.LabelInput> = {
    next: () => ({ done: false, value: { text: 'x' } }),
    return: () => {
      ended = true;
      throw new Error('not now');
    },
  };
  const stream = echo.echoStream({ [Symbol.iterator]: () => source });
  expect(await stream.next()).toEqual({ text: 'x', color: 'red' });
  stream.close();
  await expect.poll(() => ended).toBe(true);
  const broken = { [Symbol.iterator]: () => throwing(new Error('no iterator')) };
  const summed = echo.sumStream(broken);
  await expect(summed).rejects.toMatchObject({ kind: 'host_threw', detail: 'no iterator' });
});

test('an item that a validator refuses takes no other with it', async () => {
  const node = new NetNode({ shards: 1 });
  node.emitBatch([1, 2, 3, 4]);
  const even = (value: unknown): number =>
    (value as number) % 2 ? throwing(value) : Number(value);
  const stream = node.subscribeTyped<number>({}, even);
  await expect(stream.next()).rejects.toBe(1);
  expect(await stream.nextBatch(10)).toEqual([2]);
  await expect(stream.nextBatch(10)).rejects.toBe(3);
  expect(await stream.nextBatch(10)).toEqual([4]);
  await node.shutdown();
});

test('cancelling tells the host', async () => {
  const controller = new AbortController();
  let told = false;
  const handler = (_: unknown, __: Buffer, context: { signal?: AbortSignal | null }) =>
    new Promise<Buffer>(() => {
      context.signal?.addEventListener('abort', () => (told = true));
      controller.abort();
    });
  const options = { signal: controller.signal };
  const asked = echo.ask(handler, { text: 'q' }, Buffer.alloc(0), 1, options);
  await expect(asked).rejects.toMatchObject({ kind: 'cancelled' });
  await expect.poll(() => told).toBe(true);
});

test('the bus under all its names', async () => {
  const node = new NetNode({ numShards: 2 });
  expect(node.shards()).toBe(node.numShards());
  expect(node.ingestRawSync('{"a":1}').shardId).toBeLessThan(2);
  const { data, hash } = node.prehash(Buffer.from('{"b":1}'));
  expect(node.pushWithHash(data, hash)).toBe(true);
  expect(await node.ingestRawBatch(['1', '2'])).toBe(2);
  expect((await node.pollOne())?.parse()).toBeDefined();
  expect(() => node.emitRaw('{')).toThrow(expect.objectContaining({ family: 'bus' }));
  await node.shutdown();
  await node.shutdown();
  expect(() => node.emitRaw('{}')).toThrow(expect.objectContaining({ kind: 'closed' }));
});
