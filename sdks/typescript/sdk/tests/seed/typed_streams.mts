import { NetNode } from '@net-mesh/sdk';
import { endSubscriptionsAfter } from './glue.mjs';

endSubscriptionsAfter(2);
const node = await NetNode.create({ shards: 4 });
node.emitBatch([
  { token: 'a', index: 0 },
  { token: 'b', index: 1 },
]);

interface TokenEvent {
token: string;
index: number;
}

for await (const token of node.subscribeTyped<TokenEvent>({ limit: 100 })) {
console.log(`${token.index}: ${token.token}`);
}
