import { EventStream, NetNode, TypedChannel, TypedEventStream } from '@net-mesh/core';
import { expect, test } from 'vitest';

const closed = expect.objectContaining({ family: 'bus', kind: 'closed' });

const numbers = (count: number): string[] => Array.from({ length: count }, (_, at) => String(at));

test('a stream that was ended gives nothing more, though values have come', async () => {
  const node = new NetNode({ shards: 1 });
  node.emitRawBatch(['1', '2', '3']);
  const streams = [node.subscribe(), node.subscribe(), node.subscribeTyped<number>()];
  for (const [at, stream] of streams.entries()) {
    expect(await stream.next()).toMatchObject(at < 2 ? { raw: '1' } : expect.anything());
    if (at === 1) stream.close();
    else (stream as EventStream).stop();
    expect([await stream.next(), await stream.nextBatch(5)]).toEqual([null, []]);
    (stream as EventStream).stop();
    stream.close();
  }
  const waiting = [node.subscribe({ from: 'latest' }), node.subscribe({ from: 'latest' })] as const;
  const ends = waiting.map((stream) => stream.next());
  waiting[0].stop();
  waiting[1].close();
  expect(await Promise.all(ends)).toEqual([null, null]);
});

test('shutting down delivers what was accepted, then ends what waits with closed', async () => {
  const node = new NetNode({ shards: 2 });
  const seen: string[] = [];
  const reading = (async () => {
    for await (const event of node.subscribe()) seen.push(event.raw);
  })();
  const ended = expect(reading).rejects.toEqual(closed);
  node.emitRawBatch(numbers(50));
  numbers(50).forEach((text) => node.fire(text));
  await Promise.all([node.shutdown(), node.shutdown(), ended]);
  expect(seen).toEqual([...numbers(50), ...numbers(50)]);
  await node.shutdown();
});

test('shutting down ends although nobody reads', async () => {
  const node = new NetNode({ shards: 2 });
  const pending = node.subscribe({ filter: '{"path":"never","value":1}' }).next();
  const ended = expect(pending).rejects.toEqual(closed);
  const idle = node.subscribe();
  node.emitRaw('1');
  await node.shutdown({ timeoutMs: 1 });
  await ended;
  await expect(idle.next()).rejects.toEqual(closed);
  await expect(node.poll()).rejects.toEqual(closed);
  await expect(node.pollOne()).rejects.toEqual(closed);
  expect(() => node.subscribe()).toThrow(closed);
  expect([node.fire('1'), node.emitBuffer(Buffer.from('1')), node.fireBatch(['1'])]).toEqual([
    false,
    false,
    0,
  ]);
});

test('events of one emitter leave in its order, over all shards', async () => {
  const node = new NetNode({ shards: 4 });
  for (const text of numbers(100)) node.emitRaw(text);
  const page = await node.poll({ limit: 100, ordering: 'insertion_ts' });
  expect(page.events.map((event) => event.raw)).toEqual(numbers(100));
  expect(new Set(page.events.map((event) => event.shardId)).size).toBe(4);
  const times = page.events.map((event) => event.insertionTs);
  expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
  expect((await node.subscribe().nextBatch(100)).map((event) => event.raw)).toEqual(numbers(100));
});

test('a subscription hears which events it missed, and goes on behind them', async () => {
  const node = new NetNode({ shards: 1, bufferCapacity: 2 });
  const stream = node.subscribe();
  node.emitRawBatch(['0', '1', '2', '3']);
  const missed = { family: 'bus', kind: 'lagged', shard: 0, first: 0n, last: 1n };
  await expect(stream.next()).rejects.toMatchObject(missed);
  expect((await stream.nextBatch(5)).map((event) => event.raw)).toEqual(['2', '3']);
  expect(node.stats().eventsDropped).toBe(2n);
});

test('memory is bounded', () => {
  const node = new NetNode({ shards: 1, maxBufferBytes: 100, backpressure: 'fail_producer' });
  const full = expect.objectContaining({ family: 'bus', kind: 'memory_full', limit: 100n });
  expect(() => node.emit('x'.repeat(200))).toThrow(full);
});

test('streams and channels are made by their classes, too', async () => {
  const node = new NetNode({ shards: 1 });
  node.emitRaw('{"a":1}');
  expect((await new EventStream(node, { limit: 1 }).next())?.raw).toBe('{"a":1}');
  const keys = (value: unknown): string[] => Object.keys(value as object);
  expect(await new TypedEventStream(node, {}, keys).next()).toEqual(['a']);
  const channel = new TypedChannel<{ b: number }>(node, 'c');
  expect([channel.name, channel.publish({ b: 2 })]).toEqual(['c', true]);
  expect(await channel.subscribe().next()).toMatchObject({ b: 2 });
  expect((await channel.subscribeRaw().next())?.parse()).toMatchObject({ b: 2 });
});
