import { types } from 'node:util';
import { argument, baseError, NetError, readError, textOf, writeError } from './errors';
import type { Reader, Writer } from './pack';

/** How values of a type cross; `write` refuses what is not one, and names the argument. */
export interface Codec<In, Out> {
  write(w: Writer, value: In, name: string): void;
  read(r: Reader): Out;
  /** Writes the first of some values, where that costs less than one by one. */
  writeMany?(w: Writer, values: readonly In[], length: number, name: string): void;
}

/** Turns a decoded value into what it should be, or throws. */
export type Validator<T> = (data: unknown) => T;

/** Anything that stands for a 64-bit number. */
export type BigIntLike = bigint | number | { [Symbol.toPrimitive](hint: string): bigint };

/** A codec whose values also cross outside of packs, in the form that `check` gives them. */
export interface Plain<In, Out, Native> extends Codec<In, Out> {
  check(value: In, name: string): Native;
}

function plain<In, Out, Native>(
  check: (value: In, name: string) => Native,
  put: (w: Writer, value: Native) => void,
  read: (r: Reader) => Out,
): Plain<In, Out, Native> {
  return { check, read, write: (w, value, name) => put(w, check(value, name)) };
}

function refuse(name: string, value: unknown, wanted: string): never {
  throw argument(name, `expected ${wanted}, got ${shown(value)}`);
}

/** What an error tells of a value: of a long text its length alone, since it may be a key. */
function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 32 ? `a string of ${value.length} characters` : JSON.stringify(value);
  }
  if (typeof value === 'bigint') {
    return `${value}n`;
  }
  return typeof value === 'number' || value === null ? String(value) : typeof value;
}

function integer(
  min: number,
  max: number,
  put: (w: Writer, value: number) => void,
  read: (r: Reader) => number,
) {
  const check = (value: number, name: string): number =>
    Number.isInteger(value) && value >= min && value <= max
      ? value
      : refuse(name, value, `an integer from ${min} to ${max}`);
  return plain(check, put, read);
}

function unsigned(bits: number) {
  return integer(
    0,
    2 ** bits - 1,
    (w, value) => w.count(value),
    (r) => r.count(),
  );
}

function signed(bits: number) {
  const put = (w: Writer, value: number): void => w.count(value < 0 ? -value * 2 - 1 : value * 2);
  const half = 2 ** (bits - 1);
  return integer(-half, half - 1, put, (r) => Number(r.i64()));
}

function big(min: bigint, max: bigint) {
  return (value: BigIntLike, name: string): bigint => {
    const bare =
      typeof value === 'object' && value !== null ? value[Symbol.toPrimitive]?.('number') : value;
    const exact = typeof bare === 'bigint' || Number.isSafeInteger(bare) ? BigInt(bare) : undefined;
    return exact !== undefined && exact >= min && exact <= max
      ? exact
      : refuse(name, value, `a bigint or safe integer from ${min} to ${max}`);
  };
}

const checkU64 = big(0n, 2n ** 64n - 1n);
const checkBoolean = (value: boolean, name: string): boolean =>
  typeof value === 'boolean' ? value : refuse(name, value, 'a boolean');
const checkNumber = (value: number, name: string): number =>
  typeof value === 'number' ? value : refuse(name, value, 'a number');
const checkText = (value: string, name: string): string =>
  typeof value !== 'string' || (value as unknown as { isWellFormed(): boolean }).isWellFormed()
    ? typeof value === 'string'
      ? value
      : refuse(name, value, 'a string')
    : refuse(name, value, 'a string without lone surrogates');
const checkBytes = (value: Uint8Array, name: string): Uint8Array =>
  types.isUint8Array(value) && (value.length > 0 || !isDetached(value.buffer))
    ? value
    : refuse(name, value, 'a Uint8Array');
const checkDate = (value: Date, name: string): number =>
  types.isDate(value) && Number.isFinite(value.getTime())
    ? value.getTime()
    : refuse(name, value, 'a valid Date');

export const boolean = plain(
  checkBoolean,
  (w, value) => w.byte(Number(value)),
  (r) => r.byte() !== 0,
);
export const u8 = integer(
  0,
  255,
  (w, value) => w.byte(value),
  (r) => r.byte(),
);
export const u16 = unsigned(16);
export const u32 = unsigned(32);
export const i8 = integer(
  -128,
  127,
  (w, value) => w.byte(value & 0xff),
  (r) => (r.byte() << 24) >> 24,
);
export const i16 = signed(16);
export const i32 = signed(32);
export const u64 = plain(
  checkU64,
  (w, value) => w.u64(value),
  (r) => r.u64(),
);
export const i64 = plain(
  big(-(2n ** 63n), 2n ** 63n - 1n),
  (w, value) => w.i64(value),
  (r) => r.i64(),
);
/** A count of 64 bits that is handed out as a plain number. */
export const counter = plain(
  checkU64,
  (w, value) => w.u64(value),
  (r) => Number(r.u64()),
);
export const f64 = plain(
  checkNumber,
  (w, value) => w.f64(value),
  (r) => r.f64(),
);
const one = plain(
  checkText,
  (w, value) => w.text(value),
  (r) => r.text(),
);
export const text: typeof one = {
  ...one,
  writeMany: (w, values, length, name) =>
    w.texts(values, length, (value) => one.write(w, value as string, name)),
};
export const bytes = plain(
  checkBytes,
  (w, value) => w.bytes(value),
  (r) => r.bytes(),
);
export const date = plain(
  checkDate,
  (w, value) => w.i64(BigInt(value)),
  (r) => new Date(Number(r.i64())),
);
export const unit: Codec<unknown, void> = { write: () => undefined, read: () => undefined };

export const error: Codec<NetError, NetError> = {
  write: (w, value, name) =>
    value instanceof NetError ? writeError(w, value) : refuse(name, value, 'a NetError'),
  read: readError,
};

/** Bytes of one length, and texts that stand for them: the forms that are taken, and the one that is handed out. */
export function binary<Out extends Buffer | string>(
  length: number | undefined,
  accept: readonly BufferEncoding[],
  out: BufferEncoding | undefined,
): Codec<Uint8Array | string, Out> {
  const wanted = length === undefined ? 'bytes' : `${length} bytes`;
  const parse = (value: string): Buffer | undefined => {
    const parsed = accept.map((form) => Buffer.from(value, form));
    return parsed.find(
      (data, at) =>
        data.toString(accept[at]) === (accept[at] === 'hex' ? value.toLowerCase() : value),
    );
  };
  return {
    write(w, value, name) {
      const data = typeof value === 'string' ? parse(value) : value;
      if (!types.isUint8Array(data) || data.length !== (length ?? data.length)) {
        refuse(name, value, `${wanted}${accept.map((form) => ` or their ${form}`).join('')}`);
      }
      length === undefined ? w.bytes(data) : w.raw(data);
    },
    read(r) {
      const data = r.bytes(length);
      return (out === undefined ? data : data.toString(out)) as Out;
    },
  };
}

/** Whether a buffer was transferred away, and its bytes with it. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** A lone surrogate in what `JSON.stringify` gives, which escapes no other: behind an even number of backslashes. */
const LONE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

/** JSON of the caller's type. */
export function json<T>(validator?: Validator<T> | null): Plain<T, T, string> {
  const check = (value: T, name: string): string => {
    let encoded: string | undefined;
    try {
      encoded = JSON.stringify(value);
      // Only where there is a null can a number have been lost.
      if (encoded?.includes('null')) {
        refuseLostNumbers(value);
      }
    } catch (cause) {
      throw Object.assign(baseError(7, `${name}: ${textOf(cause)}`), { cause });
    }
    if (encoded?.includes('\\ud') && LONE.test(encoded)) {
      throw argument(name, 'has text with a lone surrogate, which UTF-8 cannot hold');
    }
    return encoded ?? refuse(name, value, 'a value that JSON has');
  };
  return plain(
    check,
    (w, value) => w.text(value),
    (r) => decodeJson(r.text(), validator),
  );
}

/** Refuses NaN and infinity, which `JSON.stringify` turns into null. */
function refuseLostNumbers(value: unknown): void {
  JSON.stringify(value, (key: string, item: unknown) => {
    if (typeof item === 'number' && !Number.isFinite(item)) {
      throw new RangeError(`JSON has no ${item}${key === '' ? '' : ` (at "${key}")`}`);
    }
    return item;
  });
}

export function decodeJson<T>(text: string, validator?: Validator<T> | null): T {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(baseError(8, (cause as Error).message), { cause });
  }
  return validator ? validator(data) : (data as T);
}

export function decodeMaybe<T>(text: string | null, validator?: Validator<T> | null): T | null {
  return text === null ? null : decodeJson(text, validator);
}

export function optional<In, Out>(of: Codec<In, Out>): Codec<In | null | undefined, Out | null> {
  return {
    write(w, value, name) {
      w.byte(value === null || value === undefined ? 0 : 1);
      if (value !== null && value !== undefined) {
        of.write(w, value, name);
      }
    },
    read: (r) => (r.byte() === 0 ? null : of.read(r)),
  };
}

/** Checks an argument that may be left out. */
export function maybe<In, Native>(
  of: { check(value: In, name: string): Native },
  value: In | null | undefined,
  name: string,
): Native | undefined {
  return value === null || value === undefined ? undefined : of.check(value, name);
}

export function list<In, Out>(of: Codec<In, Out>): Codec<readonly In[], Out[]> {
  return {
    write(w, value, name) {
      const items = Array.isArray(value)
        ? (value as readonly In[])
        : refuse(name, value, 'an array');
      // As long as it is now: code that runs while its items are written may change it.
      const { length } = items;
      w.count(length);
      if (of.writeMany !== undefined) {
        of.writeMany(w, items, length, name);
        return;
      }
      for (let at = 0; at < length; at++) {
        of.write(w, items[at] as In, name);
      }
    },
    read(r) {
      const items: Out[] = [];
      for (let left = r.count(); left > 0; left--) {
        items.push(of.read(r));
      }
      return items;
    },
  };
}

/** One value, or an array of them. */
export function oneOrMany<In, Out>(of: Codec<In, Out>): Codec<In | readonly In[], Out[]> {
  const many = list(of);
  return {
    write: (w, value, name) => many.write(w, Array.isArray(value) ? value : [value as In], name),
    read: many.read,
  };
}

export function map<In, Out>(
  of: Codec<In, Out>,
): Codec<Readonly<Record<string, In | undefined>>, Record<string, Out>> {
  return {
    write(w, value, name) {
      // What is undefined is left out, as a field would be.
      const keys = Object.entries(dictionary(value, name)).flatMap(([key, item]) =>
        item === undefined ? [] : [{ key: Buffer.from(checkText(key, name)), item }],
      );
      w.count(keys.length);
      for (const { key, item } of keys.sort((a, b) => Buffer.compare(a.key, b.key))) {
        w.bytes(key);
        of.write(w, item, name);
      }
    },
    read: (r) =>
      Object.fromEntries(Array.from({ length: r.count() }, () => [r.text(), of.read(r)])),
  };
}

/** Makes the error that refuses an unknown text, of what is said about it. */
export type Unknown = (detail: string) => Error;

/** Refuses a text that is none of those that there are. */
function unlisted(name: string, value: unknown, texts: string[], unknown?: Unknown): never {
  if (unknown !== undefined && typeof value === 'string') {
    throw unknown(`\`${value}\` is none of ${texts.join(', ')}`);
  }
  return refuse(name, value, `one of ${texts.join(', ')}`);
}

/** An enum: the tags of its texts, and of texts that are taken as well. */
export function choice<Out extends string, In extends string = Out>(values: {
  readonly tags: Readonly<Record<Out, number>>;
  readonly aliases?: Readonly<Record<string, number>>;
  /** Greatest number of a value that is not listed; without it there is none. */
  readonly open?: number;
  readonly unknown?: Unknown;
}): Codec<In, Out> {
  const byText = new Map<string, number>(Object.entries({ ...values.aliases, ...values.tags }));
  const byTag = new Map(Object.entries(values.tags).map(([text, tag]) => [tag, text as Out]));
  const unknown = (value: string): number | undefined => {
    const tag = /^unknown:(?:0|[1-9]\d*)$/.test(value) ? Number(value.slice(8)) : Infinity;
    return values.open !== undefined && tag <= values.open ? tag : undefined;
  };
  return {
    write: (w, value, name) =>
      w.count(
        byText.get(value) ??
          unknown(value) ??
          unlisted(name, value, Object.keys(values.tags), values.unknown),
      ),
    read(r) {
      const tag = r.count();
      return byTag.get(tag) ?? (`unknown:${tag}` as Out);
    },
  };
}

/** An enum that is seen as numbers; one that is open has others, too, up to a greatest one. */
export function numbers<T extends number>(tags: readonly T[], open = -1): Codec<T, T> {
  const isKnown = (value: T) =>
    tags.includes(value) || (Number.isInteger(value) && value >= 0 && value <= open);
  return {
    write: (w, value, name) =>
      w.count(isKnown(value) ? value : refuse(name, value, `one of ${tags.join(', ')}`)),
    read: (r) => r.count() as T,
  };
}

/** A set of bits, as an array of their texts. */
export function flags<T extends string>(
  bits: Readonly<Record<T, bigint>>,
  unknown?: Unknown,
): Codec<readonly T[], T[]> {
  const texts = Object.keys(bits) as T[];
  return {
    write(w, value, name) {
      const items = Array.isArray(value)
        ? (value as readonly T[])
        : refuse(name, value, 'an array');
      const wrong = items.find((item) => !texts.includes(item));
      if (wrong !== undefined) {
        unlisted(name, wrong, texts, unknown);
      }
      w.u64(items.reduce((all, item) => all | (1n << bits[item]), 0n));
    },
    read(r) {
      const all = r.u64();
      return texts.filter((text) => (all & (1n << bits[text])) !== 0n);
    },
  };
}

/** Refuses a number outside its limits; what is no number is left to its codec. */
export function inRange<T>(value: T, min: number, max: number, name: string): T {
  const bare = isNumber(value) ? (value as number | bigint) : min;
  if (bare < min || bare > max) {
    throw argument(name, `${bare} is ${bare < min ? `below ${min}` : `above ${max}`}`);
  }
  return value;
}

/** Refuses what has no keys, such as a `Map`. */
function dictionary<T extends object>(value: T, name: string): T {
  return Symbol.iterator in object(value, name)
    ? refuse(name, value, 'an object with keys')
    : value;
}

/** Refuses what is no object. */
export function object<T>(value: T, name: string): T {
  return typeof value === 'object' && value !== null ? value : refuse(name, value, 'an object');
}

/** Refuses what is no array of as many parts as a tuple has. */
export function tuple<T extends readonly unknown[]>(
  value: T,
  name: string,
  least: number,
  most: number,
): T {
  if (!Array.isArray(value)) return refuse(name, value, 'an array');
  if (value.length >= least && value.length <= most) return value;
  throw argument(
    name,
    `it has ${value.length} parts, not ${least === most ? most : `${least} to ${most}`}`,
  );
}

/** Refuses options that there are not, so that none is without effect. The signal of a call stands among them. */
export function options<T>(value: T, name: string, ...known: string[]): T {
  for (const [key, option] of Object.entries(object(value, name) as object)) {
    if (option !== undefined && key !== 'signal' && !known.includes(key)) {
      throw argument(key, 'there is no such option');
    }
  }
  return value;
}

/** Refuses the tag of a union that has no such case. */
export function noCase(name: string, tag: unknown): never {
  return refuse(name, tag, 'a case of the union');
}

/** Any number of arguments, or one array of them. */
export function spread<T>(values: readonly T[] | readonly [readonly T[]]): readonly T[] {
  return values.length === 1 && Array.isArray(values[0])
    ? (values[0] as readonly T[])
    : (values as readonly T[]);
}

export const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || typeof value === 'bigint';
export const isPlain = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object);
export const numberMaybe = (value: bigint | null): number | null =>
  value === null ? null : Number(value);
export const dateMaybe = (value: number | null): Date | null =>
  value === null ? null : new Date(value);
export const anyJson = json<unknown>();
