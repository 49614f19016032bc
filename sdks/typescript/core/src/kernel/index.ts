// What the generated code uses. Each name that is used at every call is a constant of this module: one that it hands on from another
// one is a getter, and one that `export *` hands on is looked up at every use.
import * as codec from './codec';
import * as combine from './combine';
import * as queue from './queue';

export const {
  anyJson,
  binary,
  boolean,
  bytes,
  choice,
  counter,
  date,
  dateMaybe,
  decodeJson,
  decodeMaybe,
  error,
  f64,
  flags,
  i16,
  i32,
  i64,
  i8,
  inRange,
  isNumber,
  isPlain,
  json,
  list,
  map,
  maybe,
  noCase,
  numberMaybe,
  numbers,
  object,
  oneOrMany,
  optional,
  options,
  spread,
  text,
  tuple,
  u16,
  u32,
  u64,
  u8,
  unit,
} = codec;
export type { BigIntLike, Codec, Validator } from './codec';
export const { combinerOf } = combine;
export { classifyError, construct, makeError, NetError, register } from './errors';
export {
  ACCEPT,
  adopt,
  adoptMaybe,
  checkObject,
  HANDLE,
  handleOf,
  hostOf,
  NetObject,
  NetStream,
  release,
  settled,
  SOURCE,
  stream,
  streamOf,
  VALIDATOR,
  within,
} from './object';
export type { SnapshotAndWatch, Source } from './object';
export { Writer } from './pack';
export const {
  answer,
  begin,
  call,
  checkSpec,
  done,
  environment,
  liveHandles,
  nothing,
  serve,
  submit,
  unref,
} = queue;
export type { Host, SignalOptions } from './queue';
