import { MeshNode, type MeshNodeConfig } from '@net-mesh/sdk';

/** Where nodes that the snippets bind to fixed ports are in the tests. */
const addresses = new Map<string, string>();

const create = MeshNode.create;
const connect = MeshNode.prototype.connect;

/** Every new node has a free port. */
MeshNode.create = async (config: MeshNodeConfig): Promise<MeshNode> => {
  const node = await create.call(MeshNode, { ...config, bindAddr: '127.0.0.1:0' });
  addresses.set(config.bindAddr, node.localAddr());
  return node;
};

/** Dials the node that has a snippet's address. */
MeshNode.prototype.connect = function (address, ...peer): Promise<void> {
  return connect.call(this, addresses.get(address) ?? address, ...peer);
};
