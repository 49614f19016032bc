import { mesh } from './capabilities.mjs';
import { withTenantScope } from '@net-mesh/sdk';

// GPU pool advertised to one tenant only.
await mesh.announceCapabilities({
tags: withTenantScope(['model:llama3-70b'], 'oem-123'),
});

// Tenant-scoped query — returns this node + any Global (untagged) peers.
const oemNodes = mesh.findNodesScoped(
{ requireTags: ['model:llama3-70b'] },
{ kind: 'tenant', tenant: 'oem-123' },
);

export { mesh, oemNodes };
