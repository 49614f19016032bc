import { NetNode, type Receipt } from '@net-mesh/sdk';

const node = await NetNode.create({ shards: 4 });
const obj = { a: 1 };
const json = '{"b":2}';
const buf = Buffer.from('{"c":3}');

export const receipts: Receipt[] = [node.emit(obj), node.emitRaw(json)];
export const truths: boolean[] = [node.emitBuffer(buf), node.fire(json)];
export const counts: number[] = [
  node.emitBatch([obj, obj]),
  node.emitRawBatch([json, json, json]),
  node.fireBatch([json]),
];
await node.flush();
export const ingested: bigint = node.stats().eventsIngested;
await node.shutdown();
