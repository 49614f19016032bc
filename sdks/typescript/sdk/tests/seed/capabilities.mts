import './ports.mjs';
import { MeshNode } from '@net-mesh/sdk';

const mesh = await MeshNode.create({
bindAddr: '127.0.0.1:9002',
psk: '42'.repeat(32),
});

await mesh.announceCapabilities({
hardware: {
cpuCores: 16,
memoryGb: 64,
gpu: { vendor: 'nvidia', model: 'h100', vramGb: 80 },
},
models: [
{ modelId: 'llama-3.1-70b', family: 'llama', contextLength: 128_000 },
],
tags: ['gpu', 'prod'],
});

const gpuPeers = mesh.findNodes({
requireGpu: true,
gpuVendor: 'nvidia',
minVramMb: 40_000,
});
// gpuPeers includes mesh.nodeId() on self-match.

export { gpuPeers, mesh };
