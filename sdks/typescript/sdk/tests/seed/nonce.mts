import './elsewhere.mjs';
import { NetNode } from '@net-mesh/sdk';

await NetNode.create({
shards: 4,
transport: { type: 'redis', url: 'redis://localhost:6379' },
producerNoncePath: '/var/lib/myapp/producer.nonce',
});
