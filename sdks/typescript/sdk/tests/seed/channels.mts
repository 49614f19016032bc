import './ports.mjs';
import { MeshNode, ChannelAuthError } from '@net-mesh/sdk';

const psk = '0'.repeat(64);

// Publisher side.
const b = await MeshNode.create({ bindAddr: '127.0.0.1:9001', psk });
b.registerChannel({
name: 'sensors/temp',
visibility: 'global', // or 'subnet-local' / 'parent-visible' / 'exported'
reliable: true,
priority: 2,
maxRatePps: 1000,
});

// Subscriber side + full handshake.
const a = await MeshNode.create({ bindAddr: '127.0.0.1:9002', psk });
const aNodeId = a.nodeId();
const bNodeId = b.nodeId();
// connect/accept must race: the initiator blocks on a handshake reply
// that only shows up once the responder is in accept(). Then both
// sides must start() their receive loops before app traffic flows.
await Promise.all([
b.accept(aNodeId),
a.connect('127.0.0.1:9001', b.publicKey(), bNodeId),
]);
await a.start();
await b.start();
await a.subscribeChannel(bNodeId, 'sensors/temp');

// Fan out.
const report = await b.publish(
'sensors/temp',
Buffer.from(JSON.stringify({ celsius: 22.5 })),
{ reliability: 'reliable', onFailure: 'best_effort', maxInflight: 32 },
);
console.log(`${report.delivered}/${report.attempted} subscribers received`);

// Rejections surface with typed errors:
try {
await a.subscribeChannel(bNodeId, 'restricted');
} catch (e) {
if (e instanceof ChannelAuthError) { /* ACL rejected */ }
}

export { a, b, bNodeId, report };
