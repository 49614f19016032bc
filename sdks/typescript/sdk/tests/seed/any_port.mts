import { MeshNode, type MeshNodeConfig } from '@net-mesh/sdk';

const create = MeshNode.create;

/** Every new node has a free port. */
MeshNode.create = (config: MeshNodeConfig): Promise<MeshNode> =>
  create.call(MeshNode, { ...config, bindAddr: '127.0.0.1:0' });
