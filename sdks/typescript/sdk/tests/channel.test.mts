import { afterEach, expect, test } from 'vitest';
import {
  ChannelAuthError,
  ChannelError,
  Identity,
  MeshNode,
  TokenError,
  type ChannelEvent,
  type MeshNodeConfig,
} from '@net-mesh/sdk';
import { PSK } from './mesh.mjs';

const made: MeshNode[] = [];

async function mesh(config: Partial<MeshNodeConfig> = {}): Promise<MeshNode> {
  const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk: PSK.zeros, ...config });
  made.push(node);
  return node;
}

async function pair(subscribing?: Identity): Promise<[MeshNode, MeshNode]> {
  const seed = subscribing && { identitySeed: subscribing.toBytes() };
  const [publisher, subscriber] = await Promise.all([mesh(), mesh(seed)]);
  await Promise.all([
    subscriber.connect(publisher.localAddr(), publisher.publicKey(), publisher.nodeId()),
    publisher.accept(subscriber.nodeId()),
  ]);
  return [publisher, subscriber];
}

async function failure(failing: Promise<unknown>): Promise<ChannelError> {
  const error: unknown = await failing.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(error instanceof ChannelError)) throw error;
  return error;
}

afterEach(() => Promise.all(made.splice(0).map((node) => node.shutdown())));

test('events come in order through the handle', async () => {
  const [publisher, subscriber] = await pair();
  publisher.registerChannel({ name: 'news', reliable: true });
  const heard = await subscriber.subscribeChannel(publisher.nodeId(), 'news');
  expect([heard.publisher, heard.channel]).toEqual([publisher.nodeId(), 'news']);
  for (const text of ['a', 'b', 'c']) {
    const report = await publisher.publish('news', Buffer.from(text), { wait: 'acked' });
    expect([report.attempted, report.delivered, report.errors]).toEqual([1, 1, []]);
  }
  const events: ChannelEvent[] = [];
  for await (const event of heard) {
    events.push(event);
    if (events.length === 3) break;
  }
  expect(events.map((event) => event.payload.toString())).toEqual(['a', 'b', 'c']);
  expect(events.map((event) => [event.sequence, event.lagged])).toEqual(
    [0n, 1n, 2n].map((n) => [n, 0n]),
  );
  let report;
  do report = await publisher.publish('news', Buffer.from('nobody'));
  while (report.attempted > 0);
});

test('an ignored handle leaves events to poll, also once it is gone', async () => {
  const [publisher, subscriber] = await pair();
  publisher.registerChannel({ name: 'news' });
  await subscriber.subscribeChannel(publisher.nodeId(), 'news');
  globalThis.gc?.();
  await publisher.publish('news', Buffer.from('once'), { wait: 'acked' });
  const events = await subscriber.poll(10);
  expect(events.map((event) => [event.channel, event.payload.toString()])).toEqual([
    ['news', 'once'],
  ]);
  expect(await subscriber.poll(10)).toEqual([]);
});

test('a protected channel opens for a token of its publisher alone', async () => {
  const own = Identity.generate();
  const [publisher, subscriber] = await pair(own);
  const publishing = Identity.generate();
  publisher.registerChannel({
    name: 'vault',
    requireToken: true,
    trustedIssuers: [publishing.entityId],
  });
  const subscribe = (options?: object) =>
    subscriber.subscribeChannel(publisher.nodeId(), 'vault', options);
  const asked = {
    subject: own.entityId,
    scope: ['subscribe' as const],
    channel: 'vault',
    ttlSeconds: 300,
  };
  const refused = await failure(subscribe());
  expect(refused).toBeInstanceOf(ChannelAuthError);
  expect([refused.kind, refused.message]).toEqual(['unauthorized', 'channel: unauthorized']);
  expect(await failure(subscribe({ token: own.issueToken(asked) }))).toBeInstanceOf(
    ChannelAuthError,
  );
  await expect(async () => subscribe({ token: Buffer.alloc(161) })).rejects.toThrow(TokenError);
  const heard = await subscribe({ token: publishing.issueToken(asked) });
  await publisher.publish('vault', Buffer.from('gold'));
  expect((await heard.next())?.payload.toString()).toBe('gold');
});

test('failures have their kinds', async () => {
  const [publisher, subscriber] = await pair();
  const unknown = await failure(subscriber.subscribeChannel(publisher.nodeId(), 'none'));
  expect([unknown.kind, unknown instanceof ChannelAuthError]).toEqual(['unknown channel', false]);
  const visibility = 'nowhere' as 'global';
  expect(() => publisher.registerChannel({ name: 'a', visibility })).toThrow(
    'channel: invalid visibility',
  );
  expect(() => publisher.registerChannel({ name: 'a', visibility: 'exported' })).toThrow(
    'permits nobody',
  );
  publisher.registerChannel({ name: 'a' });
  const heard = await subscriber.subscribeChannel(publisher.nodeId(), 'a');
  publisher.unregisterChannel('a');
  await expect(heard.next()).rejects.toThrow('channel: removed');
  expect(await heard.next()).toBeNull();
  expect(heard.endReason()).toBe('removed');
});
