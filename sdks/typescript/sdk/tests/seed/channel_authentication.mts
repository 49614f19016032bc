import './joined.mjs';
import { Identity, MeshNode } from '@net-mesh/sdk';

const pubIdentity = Identity.generate();
const subIdentity = Identity.generate();

const publisher = await MeshNode.create({
bindAddr: '127.0.0.1:9004',
psk: '42'.repeat(32),
identitySeed: pubIdentity.toBytes(),
});

// Subscriber-side mesh, pinned to subIdentity so the publisher's
// `require_token` check matches the token's subject against the
// subscribing peer's entityId.
const subscriber = await MeshNode.create({
bindAddr: '127.0.0.1:9005',
psk: '42'.repeat(32),
identitySeed: subIdentity.toBytes(),
});
// Handshake the pair + start receive loops before any subscribe —
// omitted here for brevity; see the `Mesh Streams` section.

publisher.registerChannel({
name: 'events/inference',
subscribeCaps: { requireTags: ['gpu'] },
requireToken: true,
});

// Issue a SUBSCRIBE-scope token for the subscriber.
const token = pubIdentity.issueToken({
subject: subIdentity.entityId,
scope: ['subscribe'],
channel: 'events/inference',
ttlSeconds: 300,
});

// Subscriber attaches the token on subscribe.
await subscriber.subscribeChannel(
publisher.nodeId(),
'events/inference',
{ token },
);

export { publisher, subscriber, token };
