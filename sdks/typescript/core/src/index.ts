export * from './gen';
export { SPEC_HASH } from './gen/spec';
export { classifyError, liveHandles, NetError, NetObject, NetStream, unref } from './kernel';
export type { BigIntLike, SignalOptions, SnapshotAndWatch, Validator } from './kernel';
