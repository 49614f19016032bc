import { MeshNode, type MeshNodeConfig } from '@net-mesh/sdk';
import './ports.mjs';

const create = MeshNode.create;

let publisher: MeshNode | undefined;

/** The second node of the snippet has a session with the first one, which knows what it has announced. */
MeshNode.create = async (config: MeshNodeConfig): Promise<MeshNode> => {
  const node = await create.call(MeshNode, config);
  if (config.bindAddr === '127.0.0.1:9004') publisher = node;
  if (config.bindAddr === '127.0.0.1:9005' && publisher) await join(node, publisher, config.bindAddr);
  return node;
};

async function join(subscriber: MeshNode, to: MeshNode, from: string): Promise<void> {
  await Promise.all([
    subscriber.accept(to.nodeId()),
    to.connect(from, subscriber.publicKey(), subscriber.nodeId()),
  ]);
  await subscriber.announceCapabilities({ tags: ['gpu'] });
  for await (const change of to.watchNodes({ requireTags: ['gpu'] })) {
    if (change.nodeId === subscriber.nodeId()) break;
  }
}
