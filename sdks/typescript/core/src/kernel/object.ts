import type { Combiner } from './combine';
import { inRange, list, u32, type Codec, type Validator } from './codec';
import { argument, NetError } from './errors';
import { library } from './native';
import type { Reader, Writer } from './pack';
import { call, environment, RELEASED, serve, start, type Host } from './queue';

export const ACCEPT: unique symbol = Symbol('accept');
export const HANDLE: unique symbol = Symbol('handle');
export const COMBINER: unique symbol = Symbol('combiner');
export const VALIDATOR: unique symbol = Symbol('validator');
export const SOURCE: unique symbol = Symbol('source');

// A validator gives whatever its object is a box, channel or stream of.
type AnyValidator = Validator<unknown> | null | undefined;

const native = library();
const registry = new FinalizationRegistry<number>((handle) =>
  native.kernelFree(environment, handle),
);

/** An object of the library behind a handle, which is let go when the object is collected. */
export abstract class NetObject {
  /** @internal */
  declare [HANDLE]: number;
  /** @internal */
  declare [COMBINER]?: Combiner;
  /** @internal */
  declare [VALIDATOR]?: Validator<never>;

  /** @internal */
  constructor(handle: number, validator?: AnyValidator) {
    attach(this, handle, validator);
  }

  /** @internal */
  static [ACCEPT](value: unknown): unknown {
    return value;
  }
}

/** A class of objects, and what an argument of it stands for. */
interface ObjectClass<T extends NetObject> {
  readonly prototype: T;
  [ACCEPT](value: unknown): unknown;
}

// What only looks like an object of the library is closed, and so is what has no handle at all.
NetObject.prototype[HANDLE] = 0;

/** The handle of an object, once the calls on it that were combined have crossed. */
export function settled(object: NetObject): number {
  object[COMBINER]?.cross();
  return numberOf(object);
}

/** The handle of an object as it stands. */
export function numberOf(object: NetObject): number {
  const handle: unknown = object[HANDLE];
  return typeof handle === 'number' ? handle : 0;
}

/** Lets the handle of an object go; later calls fail with `handle`. */
export function release(object: NetObject): void {
  registry.unregister(object);
  if (object[HANDLE] !== 0) {
    native.kernelFree(environment, settled(object));
    object[HANDLE] = 0;
  }
}

/** Runs a function with an object, which then hears whether it failed and is let go. */
export async function within<T extends NetObject, R>(
  held: T,
  run: (held: T) => R | PromiseLike<R>,
  end: (held: T, failed: boolean) => unknown,
): Promise<R> {
  let result: R;
  try {
    result = await run(held);
  } catch (error) {
    // What the function throws is what its caller hears, whatever the end of the object says.
    await (async () => end(held, true))().catch(() => undefined);
    release(held);
    throw error;
  }
  await end(held, false);
  release(held);
  return result;
}

/** The object of a class behind a handle that the library gave. */
export function adopt<T extends NetObject>(
  type: { prototype: T },
  handle: number,
  validator?: AnyValidator,
): T {
  return attach(Object.create(type.prototype) as T, handle, validator);
}

/** Like `adopt`, for a handle that may be none. */
export function adoptMaybe<T extends NetObject>(type: { prototype: T }, handle: number): T | null {
  return handle === 0 ? null : adopt(type, handle);
}

/** How objects of a class cross in packs; `type` is looked up when it is needed. */
export function handleOf<T extends NetObject>(type: () => ObjectClass<T>): Codec<unknown, T> {
  return {
    write: (w, value, name) => w.count(checkObject(type(), value, name)),
    read: (r) => adopt(type(), r.count()),
  };
}

/** The handle of an argument. */
export function checkObject(type: ObjectClass<NetObject>, value: unknown, name: string): number {
  const object = type[ACCEPT](value);
  if (!Object.prototype.isPrototypeOf.call(type.prototype, object as object)) {
    throw argument(name, `expected ${type.prototype.constructor.name}, got ${typeof value}`);
  }
  return settled(object as NetObject);
}

export interface Source<T> {
  readonly item: Codec<never, T>;
  /** Most items of one batch. */
  readonly max: number;
  next(environment: number, handle: number, max: number): number;
  close(handle: number): void;
}

/** What there is, and what it becomes. */
export interface SnapshotAndWatch<T> {
  snapshot: T[];
  updates: AsyncIterable<T[]>;
}

/** Values as they come: iterate, or take them one by one. */
export abstract class NetStream<T> extends NetObject implements AsyncIterable<T> {
  declare private batch?: (T | Undecoded)[];
  declare private taken?: number;
  declare private fetching?: Promise<void>;
  declare private over?: boolean;
  declare private loose?: boolean;

  /** @internal */
  abstract [SOURCE](): Source<T>;

  /** The next value, `null` at the end. */
  async next(): Promise<T | null> {
    const { done, value } = await this.pull();
    return done ? null : value;
  }

  /** At most so many of the next values, at least one before the end. */
  async nextBatch(max: number): Promise<T[]> {
    inRange(u32.check(max, 'max'), 1, Infinity, 'max');
    const first = await this.pull(max);
    if (first.done) {
      return [];
    }
    const values = [first.value];
    const batch = this.batch ?? [];
    let at = this.taken ?? 0;
    while (at < batch.length && values.length < max && !(batch[at] instanceof Undecoded)) {
      values.push(batch[at++] as T);
    }
    this.taken = at;
    return values;
  }

  /** All values up to the end. */
  async toArray(): Promise<T[]> {
    const all: T[] = [];
    for await (const value of this) {
      all.push(value);
    }
    return all;
  }

  /** Ends the stream at once: what waits for a value hears the end. */
  close(): void {
    if (this[HANDLE] !== 0) {
      call(this[SOURCE]().close, this[HANDLE]);
      release(this);
    }
    this.halt();
  }

  /** Lets the process end although somebody waits for the next value. */
  unref(): this {
    this.loose = true;
    return this;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const iterator: AsyncIterableIterator<T> = {
      next: () => this.pull(),
      return: () => this.return(),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** Closes the stream, as leaving a `for await` loop does. */
  async return(): Promise<IteratorResult<T>> {
    this.close();
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** @internal Gives out nothing more. */
  protected halt(): void {
    this.over = true;
    delete this.batch;
  }

  private pull(max?: number): Promise<IteratorResult<T>> {
    const [batch, taken] = [this.batch, this.taken ?? 0];
    if (batch !== undefined && taken < batch.length) {
      this.taken = taken + 1;
      const value = batch[taken];
      return value instanceof Undecoded
        ? Promise.reject(value.error as Error)
        : Promise.resolve({ done: false, value: value as T });
    }
    if (this.over) {
      return Promise.resolve({ done: true, value: undefined });
    }
    this.fetching ??= this.fetch(max).finally(() => delete this.fetching);
    return this.fetching.then(() => this.pull(max));
  }

  private async fetch(max?: number): Promise<void> {
    const { item, next, max: most } = this[SOURCE]();
    const items = itemsOf(item);
    const wanted = Math.min(max ?? most, most);
    const batch = await start(items, null, !this.loose, next, this[HANDLE], wanted);
    if (!this.over) {
      [this.batch, this.taken, this.over] = [batch, 0, batch.length === 0];
    }
  }
}

/** An item that its validator refused; those around it are none the worse. */
class Undecoded {
  constructor(readonly error: unknown) {}
}

function itemsOf<T>(item: Codec<never, T>): Codec<never, (T | Undecoded)[]> {
  const read = (r: Reader): T | Undecoded => {
    try {
      return item.read(r);
    } catch (error) {
      return new Undecoded(error);
    }
  };
  return { write: () => undefined, read: (r) => Array.from({ length: r.count() }, () => read(r)) };
}

/** A stream without a name. */
class AnyStream<T> extends NetStream<T> {
  declare item: Codec<never, T>;

  override [SOURCE](): Source<T> {
    const [next, close] = [native.kernelStreamNext, native.kernelStreamClose];
    return { item: this.item, max: 64, next, close };
  }
}

/** The stream of a handle. */
export function stream<T>(item: Codec<never, T>, handle: number): NetStream<T> {
  return Object.assign(adopt<AnyStream<T>>(AnyStream, handle), { item });
}

/** How an interface of the host is handed over. */
export function hostOf<T>(spec: Host<T>): Codec<unknown, never> {
  return {
    write: (w, value, name) => serve(w, spec, value, name),
    read: () => {
      throw argument(spec.name, 'is never handed out');
    },
  };
}

/** How a stream of the host is handed over: the library asks for batches, as fast as it takes them. */
export function streamOf<In, Out>(
  item: Codec<In, Out>,
): Codec<AsyncIterable<In> | Iterable<In>, NetStream<Out>> {
  const spec: Host<Feed<In>> = {
    name: 'an iterable',
    required: ['next'],
    weak: true,
    methods: [
      {
        name: 'next',
        waits: true,
        throws: () => [NetError],
        call: (feed, r) => feed.next(r.count()),
        reply: list(item),
      },
    ],
  };
  return {
    write: (w: Writer, value, name) => serve(w, spec, new Feed(value, name), name),
    read: (r) => stream(item as Codec<never, Out>, r.count()),
  };
}

/** Pulls batches out of an iterable: one value of one that waits, up to `max` of one that does not. */
class Feed<T> {
  private readonly open: () => AsyncIterator<T> | Iterator<T>;
  private readonly most: number;
  private source?: AsyncIterator<T> | Iterator<T>;

  constructor(value: AsyncIterable<T> | Iterable<T>, name: string) {
    const [waits, plain] = [
      (value as AsyncIterable<T> | null)?.[Symbol.asyncIterator],
      (value as Iterable<T> | null)?.[Symbol.iterator],
    ];
    if (typeof value !== 'object' || (typeof waits !== 'function' && typeof plain !== 'function')) {
      throw argument(name, `expected an async iterable, got ${typeof value}`);
    }
    this.most = waits ? 1 : Infinity;
    this.open = () => (waits ? waits.call(value) : (value as Iterable<T>)[Symbol.iterator]());
  }

  async next(max: number): Promise<T[]> {
    const batch: T[] = [];
    this.source ??= this.open();
    while (batch.length < Math.min(max, this.most)) {
      const { done, value } = await this.source.next();
      if (done) {
        break;
      }
      batch.push(value);
    }
    return batch;
  }

  [RELEASED](): void {
    // Nobody waits for the end of the iterable, so how it ends is its own matter.
    (async () => this.source?.return?.())().catch(() => undefined);
  }
}

function attach<T extends NetObject>(object: T, handle: number, validator?: AnyValidator): T {
  object[HANDLE] = handle;
  if (validator) {
    object[VALIDATOR] = validator as Validator<never>;
  }
  registry.register(object, handle, object);
  return object;
}
