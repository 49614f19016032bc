import { MeshNode, type MeshNodeConfig } from '@net-mesh/sdk';
import './ports.mjs';
import { PSK } from '../mesh.mjs';

/** The node that the snippet sends to. */
export const peer: MeshNode = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk: PSK.zeros });
export const peerNodeId: bigint = peer.nodeId();

/** What the snippet counts. */
export const counted: string[] = [];
export const metrics = { inc: (name: string): number => counted.push(name) };

const create = MeshNode.create;

/** The snippet's node, which is the next one, is connected to the peer. */
MeshNode.create = async (config: MeshNodeConfig): Promise<MeshNode> => {
  MeshNode.create = create;
  const node = await create.call(MeshNode, config);
  await node.connect(peer.localAddr(), peer.publicKey(), peerNodeId);
  return node;
};
