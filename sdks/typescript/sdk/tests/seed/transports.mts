import './elsewhere.mjs';
import { NetNode } from '@net-mesh/sdk';

// In-memory (default)
await NetNode.create({ shards: 4 });

// Redis
await NetNode.create({ transport: { type: 'redis', url: 'redis://localhost:6379' } });

// JetStream
await NetNode.create({ transport: { type: 'jetstream', url: 'nats://localhost:4222' } });

// Encrypted mesh
await NetNode.create({
transport: {
type: 'mesh',
bind: '0.0.0.0:9000',
peer: '192.168.1.10:9001',
psk: '...',
peerPublicKey: '...',
},
});
