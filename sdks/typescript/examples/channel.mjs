// A channel that only those may hear who were given a token.
//
//   node channel.mjs serve 127.0.0.1:9000 N        gives N members a token, publishes to them, and revokes the tokens
//   node channel.mjs join ADDRESS KEY ID NAME N    finds N members, is given a token, and hears the channel
//   node channel.mjs intrude ADDRESS KEY ID        tries to hear it without a token, and with one of its own
//
// `serve` prints how to dial it, and ends with its input. NET_PSK is the pre-shared key of the mesh, 64 hex digits.
import { ChannelError, Identity, MeshNode } from '@net-mesh/sdk';

const psk =
  process.env.NET_PSK ?? '5f0c9b1ed2a34786bf1d60c85e7a2934a1b8c7d6e5f40312233445566778899a';

async function serve(bindAddr, members) {
  const issuer = Identity.generate();
  const node = await MeshNode.create({ bindAddr, psk, identitySeed: issuer.toBytes() });
  // region protect
  node.registerChannel({ name: 'plans', requireToken: true });
  // endregion
  console.log(`dial ${node.localAddr()} ${node.publicKey()} ${node.nodeId()}`);
  for await (const [member] of found(node, 'member', members)) {
    const { entityId } = node.peers().find((peer) => peer.nodeId === member);
    // region grant
    const token = issuer.issueToken({
      subject: entityId,
      scope: ['subscribe'],
      channel: 'plans',
      ttlSeconds: 300,
    });
    const stream = node.openStream(member, { streamId: 1n, reliability: 'reliable' });
    await node.sendBlocking(stream, [token.bytes]);
    // endregion
  }
  for await (const _ of found(node, 'ready', members));
  for (const text of ['one', 'two', 'three']) {
    const { delivered } = await node.publish('plans', Buffer.from(text), { wait: 'acked' });
    console.log(`delivered ${delivered}`);
  }
  // region revoke
  await node.revoke(1);
  // endregion
  for await (const _ of process.stdin);
  await node.shutdown();
}

async function join(address, key, server, name, members) {
  const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk });
  const messages = node.receive();
  await node.connect(address, key, server);
  // region announce
  await node.announceCapabilities({ tags: ['member', `speaks-${name}`] });
  // endregion
  const names = new Set();
  for await (const [, tags] of found(node, 'member', members)) {
    for (const tag of tags) if (tag.startsWith('speaks-')) names.add(tag.slice('speaks-'.length));
  }
  console.log(['found', ...[...names].sort()].join(' '));
  // region subscribe
  const { value: message } = await messages[Symbol.asyncIterator]().next();
  const events = await node.subscribeChannel(server, 'plans', { token: message.payload });
  await node.announceCapabilities({ tags: ['member', `speaks-${name}`, 'ready'] });
  try {
    for await (const event of events) console.log(`heard ${event.payload}`);
  } catch (error) {
    if (!(error instanceof ChannelError)) throw error;
    console.log(`ended ${error.message}`);
  }
  // endregion
  await node.shutdown();
}

async function intrude(address, key, server) {
  const own = Identity.generate();
  const node = await MeshNode.create({
    bindAddr: '127.0.0.1:0',
    psk,
    identitySeed: own.toBytes(),
  });
  await node.connect(address, key, server);
  const subject = own.entityId;
  const made = own.issueToken({ subject, scope: ['subscribe'], channel: 'plans', ttlSeconds: 300 });
  for (const token of [undefined, made]) {
    try {
      await node.subscribeChannel(server, 'plans', { token });
      console.log('heard');
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      console.log(`refused ${error.message}`);
    }
  }
  await node.shutdown();
}

// Each of so many nodes that announce a tag, with all of its tags.
async function* found(node, tag, count) {
  const nodes = new Set();
  for await (const { nodeId, capabilities } of node.watchNodes({ requireTags: [tag] })) {
    if (capabilities !== null && !nodes.has(nodeId)) {
      nodes.add(nodeId);
      yield [nodeId, capabilities.tags];
    }
    if (nodes.size === count) return;
  }
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'serve' && rest.length === 2) {
  await serve(rest[0], Number(rest[1]));
} else if (mode === 'join' && rest.length === 5) {
  await join(rest[0], rest[1], BigInt(rest[2]), rest[3], Number(rest[4]));
} else if (mode === 'intrude' && rest.length === 3) {
  await intrude(rest[0], rest[1], BigInt(rest[2]));
} else {
  console.error(
    'usage: channel.mjs serve ADDRESS N | channel.mjs join ADDRESS KEY ID NAME N | ' +
      'channel.mjs intrude ADDRESS KEY ID',
  );
  process.exitCode = 2;
}
