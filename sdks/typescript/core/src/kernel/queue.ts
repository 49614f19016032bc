import { type Codec, unit } from './codec';
import { crossFirst } from './combine';
import {
  argument,
  baseError,
  makeError,
  NetError,
  readError,
  textOf,
  thrown,
  writeError,
} from './errors';
import { library } from './native';
import { Reader, Writer } from './pack';

/** What every asynchronous method takes beside its arguments. */
export interface SignalOptions {
  /** Cancels the operation, which then fails with `cancelled`. */
  readonly signal?: AbortSignal | null;
}

/** What an interface of the host looks like to the kernel. */
export interface Host<T> {
  readonly name: string;
  /** Name of the method that a plain function stands for. */
  readonly callable?: string;
  /** Names of the methods that every instance has. */
  readonly required: readonly string[];
  /** Whether an instance keeps the process alive. */
  readonly weak?: boolean;
  /** Writes properties and which optional methods there are. */
  open?(w: Writer, host: T): void;
  readonly methods: readonly HostMethod<T>[];
}

interface HostMethod<T> {
  readonly name: string;
  readonly waits: boolean;
  throws(): readonly { prototype: NetError }[];
  call(host: T, r: Reader, context: SignalOptions): unknown;
  readonly reply: Codec<never, unknown>;
}

/** What a host method that waits is told beside its arguments. */
class Context implements SignalOptions {
  private controller?: AbortController;

  get signal(): AbortSignal {
    return (this.controller ??= new AbortController()).signal;
  }

  abort(): void {
    this.controller?.abort(baseError(5));
  }
}

interface Operation {
  settle(result: Reader | undefined, error: NetError | undefined): void;
  held: boolean;
}

/** An object of the host that is handed over. */
export interface Instance {
  readonly number: number;
  readonly spec: Host<unknown>;
  readonly host: unknown;
  held: boolean;
}

const native = library();
const operations = new Map<number, Operation>();
const instances = new Map<number, Instance>();
const requests = new Map<number, Context>();
const NONE: readonly Instance[] = [];
const anchor = setInterval(() => undefined, 2 ** 31 - 1).unref();
let holders = 0;
let nextInstance = 1;
/** What the next call hands over; the library has it, and it keeps the process alive, only if that call succeeds. */
let fresh: readonly Instance[] = NONE;
let spare: Writer | undefined = new Writer();

/** The environment of this thread. */
export const environment = native.kernelOpen(drain);

/** Where short results of synchronous functions arrive. */
export const out = Buffer.allocUnsafeSlow(16384);
const answers = Reader.over(out);

/** A writer for the arguments of one call. */
export function begin(): Writer {
  const writer = spare ?? new Writer();
  spare = undefined;
  return writer.reset();
}

/** The arguments of one call, until the next one. */
export function done(writer: Writer): Uint8Array {
  spare = writer;
  fresh = writer.served ?? NONE;
  return writer.view();
}

/** Calls a native function; what it throws becomes the typed error. */
export function call<A extends unknown[], R>(run: (...args: A) => R, ...args: A): R {
  const handed = fresh;
  fresh = NONE;
  crossFirst();
  for (const instance of handed) {
    instances.set(instance.number, instance);
    hold(instance.held, 1);
  }
  try {
    return run(...args);
  } catch (error) {
    handed.forEach(({ number }) => release(number));
    throw thrown(error);
  }
}

/** Calls a native function whose result comes packed. */
export function answer<Out, A extends unknown[]>(
  codec: Codec<never, Out>,
  run: (...args: [...A, Buffer]) => number,
  ...args: A
): Out {
  const length = call(run, ...args, out);
  return codec.read(length < 0 ? new Reader(native.kernelOverflow()) : answers.reset());
}

/** Starts an operation and waits for its end. */
export function submit<Out, A extends unknown[]>(
  codec: Codec<never, Out>,
  signal: AbortSignal | null | undefined,
  run: (environment: number, ...args: A) => number,
  ...args: A
): Promise<Out> {
  return start(codec, signal, true, run, ...args);
}

/** Like `submit`; an operation that is not held does not keep the process alive. */
export function start<Out, A extends unknown[]>(
  codec: Codec<never, Out>,
  signal: AbortSignal | null | undefined,
  held: boolean,
  run: (environment: number, ...args: A) => number,
  ...args: A
): Promise<Out> {
  const refusal = refusalOf(signal);
  if (refusal !== undefined) {
    fresh = NONE;
    return Promise.reject(refusal);
  }
  return new Promise<Out>((resolve, reject) => {
    let op: number | undefined;
    const cancel = (): void => {
      if (op !== undefined) {
        native.kernelCancel(environment, op);
      }
    };
    listen(signal, cancel);
    try {
      op = call(run, environment, ...args);
    } catch (error) {
      signal?.removeEventListener('abort', cancel);
      throw error;
    }
    hold(held, 1);
    operations.set(op, {
      held,
      settle(result, error) {
        // A signal that only looks like one may fail in its own way, which is nobody else's matter.
        try {
          signal?.removeEventListener('abort', cancel);
          if (result === undefined) {
            reject(signal?.aborted && error?.code === 5 ? cancelled(signal) : error);
          } else {
            resolve(codec.read(result));
          }
        } catch (caught) {
          reject(caught as Error);
        }
      },
    });
  });
}

/** Hands an object of the host over: its number and what the library needs to know of it go into the pack. */
export function serve<T>(w: Writer, spec: Host<T>, value: unknown, name: string): void {
  const callable = spec.callable !== undefined && typeof value === 'function';
  const host = (callable ? { [spec.callable as string]: value } : value) as Record<
    string,
    unknown
  > | null;
  const missing = spec.required.find((method) => typeof host?.[method] !== 'function');
  if (typeof host !== 'object' || host === null || missing !== undefined) {
    throw argument(
      name,
      `expected ${spec.name}${missing === undefined ? '' : `, but it has no method ${missing}`}`,
    );
  }
  const number = nextInstance++;
  w.count(number);
  spec.open?.(w, host as T);
  const instance = { number, spec: spec as Host<unknown>, host, held: spec.weak !== true };
  w.served = [...(w.served ?? NONE), instance];
}

/** Lets the process end although an object that was handed over is still served. */
export function unref(host: object): void {
  for (const instance of instances.values()) {
    const served = instance.host === host || Object.values(instance.host as object).includes(host);
    if (served && instance.held) {
      instance.held = false;
      hold(true, -1);
    }
  }
}

/** The objects and streams that are open in this process, and the host objects that the library holds. */
export function liveHandles(): number {
  return native.kernelLive();
}

function hold(held: boolean, change: 1 | -1): void {
  if (!held) {
    return;
  }
  holders += change;
  if (holders === 1 && change === 1) {
    anchor.ref();
  } else if (holders === 0) {
    anchor.unref();
  }
}

/** Why nothing may start under a signal. */
function refusalOf(signal: AbortSignal | null | undefined): NetError | undefined {
  if (signal === null || signal === undefined) {
    return undefined;
  }
  const isOne = [signal.addEventListener, signal.removeEventListener].every(
    (method) => typeof method === 'function',
  );
  if (!isOne) {
    return argument('signal', 'expected an AbortSignal');
  }
  return signal.aborted ? cancelled(signal) : undefined;
}

/** Has a signal tell when it is aborted; one that fails to leaves nothing behind that would be handed over. */
function listen(signal: AbortSignal | null | undefined, cancel: () => void): void {
  const handed = fresh;
  fresh = NONE;
  signal?.addEventListener('abort', cancel);
  fresh = handed;
}

function cancelled(signal: AbortSignal): NetError {
  return Object.assign(baseError(5), { cause: signal.reason as unknown });
}

function drain(): void {
  const r = new Reader(native.kernelDrain(environment));
  while (!r.done) {
    const event = r.count();
    if (event <= 1) {
      const [op, result] = [r.count(), r.part()];
      const operation = operations.get(op);
      operations.delete(op);
      hold(operation?.held ?? false, -1);
      operation?.settle(
        event === 0 ? result : undefined,
        event === 0 ? undefined : readError(result),
      );
    } else if (event === 2) {
      serveRequest(r.count(), r.count(), r.count(), r.part());
    } else if (event === 3) {
      const reply = r.count();
      requests.get(reply)?.abort();
      requests.delete(reply);
    } else {
      release(r.count());
    }
  }
}

function serveRequest(number: number, position: number, reply: number, args: Reader): void {
  const instance = instances.get(number);
  const method = instance?.spec.methods[position];
  if (instance === undefined || method === undefined) {
    refuseRequest(reply, undefined, baseError(1, 'the host object was released'));
    return;
  }
  const context = new Context();
  let result: unknown;
  try {
    result = method.call(instance.host, args, context);
    if (!method.waits && typeof (result as PromiseLike<unknown> | null)?.then === 'function') {
      const text = `${method.name} answered with a promise, but it has to answer before it returns`;
      throw new TypeError(text);
    }
  } catch (error) {
    refuseRequest(reply, method, error);
    return;
  }
  if (!method.waits) {
    acceptRequest(reply, method, result);
    return;
  }
  requests.set(reply, context);
  Promise.resolve(result).then(
    (result) => acceptRequest(reply, method, result),
    (error: unknown) => refuseRequest(reply, method, error),
  );
}

function acceptRequest(reply: number, method: HostMethod<unknown>, result: unknown): void {
  requests.delete(reply);
  try {
    const w = begin();
    method.reply.write(w, result as never, `result of ${method.name}`);
    native.kernelReply(reply, false, done(w));
  } catch (error) {
    refuseRequest(reply, method, error);
  }
}

function refuseRequest(
  reply: number,
  method: HostMethod<unknown> | undefined,
  error: unknown,
): void {
  requests.delete(reply);
  const text = textOf(error);
  const threw = makeError(0, 9, `host_threw: ${text}`, text);
  const w = begin();
  try {
    const passes = method
      ?.throws()
      .some((type) => Object.prototype.isPrototypeOf.call(type.prototype, error as object));
    writeError(w, passes ? (error as NetError) : threw);
  } catch {
    // An error that the host has spoiled.
    writeError(w.reset(), threw);
  }
  native.kernelReply(reply, true, done(w));
}

function release(number: number): void {
  const instance = instances.get(number);
  instances.delete(number);
  hold(instance?.held ?? false, -1);
  const end = (instance?.host as { [RELEASED]?: () => void } | undefined)?.[RELEASED];
  end?.call(instance?.host);
}

/** What is called on a host object when the library lets it go. */
export const RELEASED = Symbol('released');

/** The result of what has none. */
export const nothing: Codec<never, void> = unit;

/** Refuses a library that was generated from another spec. */
export function checkSpec(wanted: string): void {
  const found = native.kernelSpecHash();
  if (found !== wanted) {
    const detail = `built for spec ${wanted}, library has ${found}`;
    throw makeError(0, 13, `mismatch: ${detail}`, detail, { what: 'spec', wanted, found });
  }
}
