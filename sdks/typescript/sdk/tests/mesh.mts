import { MeshNode } from '@net-mesh/sdk';

/** Pre-shared keys of tests. */
export const PSK = {
  zeros: '0'.repeat(64),
  other: '5a'.repeat(32),
};

/** An address of this machine with a UDP port that is free. */
export async function freeAddress(): Promise<string> {
  const node = await MeshNode.create({ bindAddr: '127.0.0.1:0', psk: PSK.zeros });
  const address = node.localAddr();
  await node.shutdown();
  return address;
}
