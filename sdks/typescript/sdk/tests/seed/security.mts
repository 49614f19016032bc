import { randomBytes } from 'node:crypto';
import { Identity } from '@net-mesh/sdk';

const seed = randomBytes(32);
const identity = Identity.fromSeed(seed);

// Issue a scoped subscribe grant for another entity.
const grantee = Identity.generate();
const token = identity.issueToken({
subject: grantee.entityId,
scope: ['subscribe'],
channel: 'sensors/temp',
ttlSeconds: 300, // `0` throws — zero TTL would mint a born-expired token
delegationDepth: 0, // 0 forbids re-delegation
});

// `token.bytes` is the transport-ready 161-byte blob.
// Ship it to the grantee; they hand it back on subscribe.

export { grantee, identity, token };
