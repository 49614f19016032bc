import { NetNode, type NetNodeConfig } from '@net-mesh/sdk';

/** Where the snippets' servers and files are in the tests. */
const places: [string, string | undefined][] = [
  ['redis://localhost:6379', process.env['NET_TEST_REDIS']],
  ['nats://localhost:4222', process.env['NET_TEST_NATS']],
  ['/var/lib/myapp', process.env['NET_TEST_FOLDER']],
  ['0.0.0.0:9000', '127.0.0.1:0'],
  ['192.168.1.10:9001', process.env['NET_TEST_PEER']],
  ['"psk":"..."', process.env['NET_TEST_PSK'] && `"psk":"${process.env['NET_TEST_PSK']}"`],
  ['"peerPublicKey":"..."', process.env['NET_TEST_KEY'] && `"peerPublicKey":"${process.env['NET_TEST_KEY']}"`],
];

/** The nodes that the snippets have made. */
export const nodes: NetNode[] = [];

const create = NetNode.create;

/** Every new node uses the servers and files of the test. */
NetNode.create = async (config?: NetNodeConfig | null) => {
  let text = JSON.stringify(config ?? {});
  for (const [usual, here] of places) text = text.replaceAll(usual, here ?? usual);
  const node = await create.call(NetNode, JSON.parse(text) as NetNodeConfig);
  nodes.push(node);
  return node;
};
