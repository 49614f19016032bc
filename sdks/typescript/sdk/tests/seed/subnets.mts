import './ports.mjs';
import { MeshNode } from '@net-mesh/sdk';

const policy = {
rules: [
{ tagPrefix: 'region:', level: 0, values: { us: 3, eu: 4 } },
{ tagPrefix: 'fleet:', level: 1, values: { blue: 7, green: 8 } },
],
};

const mesh = await MeshNode.create({
bindAddr: '127.0.0.1:9003',
psk: '42'.repeat(32),
subnet: { levels: [3, 7] }, // us/blue
subnetPolicy: policy,
});

// Announce tags matching the policy so peers derive the same
// SubnetId [3, 7] when they apply their own policy to our caps.
await mesh.announceCapabilities({ tags: ['region:us', 'fleet:blue'] });

export { mesh };
