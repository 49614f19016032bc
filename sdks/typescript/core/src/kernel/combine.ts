import { thrown } from './errors';
import { COMBINER, type NetObject, numberOf } from './object';
import { Writer } from './pack';

/** Takes packed calls; then grants room for so many events and bytes, and tells for how many events there is. */
type Take = (handle: number, calls: Uint8Array, events: number, bytes: number) => number;

/** What is asked for at once: the bytes are those of the pack, which are a little more than the events'. */
const EVENTS = 4096;
const BYTES = 65536;

/** Calls that are longer cross on their own. */
const LONGEST = BYTES / 4;

/**
 * Calls on an object that answered from a grant of room, and wait to cross together: when they are many, before any
 * other call on the object, in the next turn of the loop, or when the process ends.
 */
export class Combiner {
  private readonly writer = new Writer(BYTES);
  /** Where the calls that were accepted end. */
  private kept = 0;
  private events = 0;
  private bytes = 0;
  /** Whether it is one of those that cross soon. */
  isWaiting = false;

  constructor(
    private readonly object: NetObject,
    private readonly take: Take,
  ) {}

  /** Begins a call, whose arguments the caller writes. */
  begin(): Writer {
    return this.writer.reset(this.kept);
  }

  /** Ends a call; false if there is no room for it here, and nothing waits to cross before it. */
  end(): boolean {
    const size = this.writer.at - this.kept;
    if ((this.events === 0 || size > this.bytes) && !this.renew(size)) {
      return false;
    }
    this.kept = this.writer.at;
    this.events--;
    this.bytes -= size;
    if (!this.isWaiting) {
      later(this);
    }
    return true;
  }

  /** Has what waits cross, and gives the rest of the grant back. */
  cross(): void {
    if (this.kept > 0 || this.events > 0) {
      this.ask(0, 0);
    }
  }

  /** Has what waits before the last call cross, and keeps room for that one. */
  private renew(size: number): boolean {
    if (size > LONGEST) {
      this.cross();
      return false;
    }
    const last = this.kept;
    this.ask(EVENTS, BYTES);
    this.writer.shift(last);
    return this.events > 0;
  }

  private ask(events: number, bytes: number): void {
    const calls = this.writer.view(this.kept);
    this.kept = this.events = this.bytes = 0;
    try {
      this.events = this.take(numberOf(this.object), calls, events, bytes);
    } catch (error) {
      throw thrown(error);
    }
    this.bytes = bytes;
  }
}

/** The combiner of an object, whose calls a native function takes. */
export function combinerOf(object: NetObject, take: Take): Combiner {
  return (object[COMBINER] ??= new Combiner(object, take));
}

/** Has a combiner cross soon; it keeps its object until then. */
function later(combiner: Combiner): void {
  if (ending) {
    combiner.cross();
    return;
  }
  combiner.isWaiting = true;
  waiting.add(combiner);
  if (!scheduled) {
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      crossAll();
    }).unref();
  }
}

/** Has what waits cross before another call, which may be on another reference of the same object, or on a part of it. */
export function crossFirst(): void {
  if (waiting.size > 0) {
    crossAll();
  }
}

/** Has all combiners cross, also those behind one that fails; then the first failure is thrown. */
function crossAll(): void {
  const failures: unknown[] = [];
  const crossing = [...waiting];
  waiting.clear();
  for (const combiner of crossing) {
    combiner.isWaiting = false;
    try {
      combiner.cross();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
}

const waiting = new Set<Combiner>();
let scheduled = false;
let ending = false;

process.once('exit', () => {
  ending = true;
  crossAll();
});
