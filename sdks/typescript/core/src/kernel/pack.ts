import { constants } from 'node:buffer';
import { argument } from './errors';
import type { Instance } from './queue';

/** Texts of so many bytes are put together one by one: it costs less than a call of the decoder. */
const SHORT = 12;

/** Texts of at most so many bytes are cut out of a longer one that is decoded at once, of which a text that is kept keeps all. */
const CUT = 1024;
const WINDOW = 4096;

/** Texts of so many characters have a length that is one character of ASCII. */
const ONE = 0x80;
const LENGTHS = Array.from({ length: ONE }, (_, length) => String.fromCharCode(length));

/** Characters that are encoded at once. */
const JOINED = 16384;

/** A writer keeps no more room than this from one use to the next. */
const KEPT = 2 ** 24;

/** Appends values to a buffer in the form in which they cross; the methods do not check them. */
export class Writer {
  private buffer: Buffer;
  private depth = 0;
  /** Where the next byte goes. */
  at = 0;
  /** The objects of the host among the values. */
  served?: readonly Instance[];

  constructor(size = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(size);
  }

  /** What is written, or the beginning of that, until the writer is used again. */
  view(end = this.at): Uint8Array {
    return this.buffer.subarray(0, end);
  }

  /** Begins anew behind what is kept. */
  reset(at = 0): this {
    if (at === 0 && this.buffer.length > KEPT) {
      this.buffer = Buffer.allocUnsafeSlow(4096);
    }
    this.at = at;
    this.depth = 0;
    delete this.served;
    return this;
  }

  /** Forgets the beginning, and moves what follows there. */
  shift(by: number): void {
    this.buffer.copyWithin(0, by, this.at);
    this.at -= by;
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  /** An unsigned number below 2^53. */
  count(value: number): void {
    this.reserve(10);
    while (value >= 0x80) {
      this.buffer[this.at++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.buffer[this.at++] = value;
  }

  /** An unsigned number of 64 bits. */
  u64(value: bigint): void {
    this.reserve(10);
    while (value > 0xfffffffn) {
      let low = Number(value & 0xfffffffn);
      for (let group = 0; group < 4; group++, low >>>= 7) {
        this.buffer[this.at++] = (low & 0x7f) | 0x80;
      }
      value >>= 28n;
    }
    this.count(Number(value));
  }

  /** A signed number of 64 bits. */
  i64(value: bigint): void {
    this.u64(value < 0n ? (-value << 1n) - 1n : value << 1n);
  }

  f64(value: number): void {
    this.reserve(8);
    this.at = this.buffer.writeDoubleLE(value, this.at);
  }

  text(value: string): void {
    // What is short is written before its length is known, which then is one byte.
    if (value.length < 0x80) {
      this.reserve(0x180);
      const length = this.buffer.write(value, this.at + 1);
      if (length < 0x80) {
        this.buffer[this.at] = length;
        this.at += length + 1;
        return;
      }
    }
    const length = Buffer.byteLength(value);
    this.count(length);
    this.reserve(length);
    this.at += this.buffer.write(value, this.at);
  }

  /**
   * Writes texts that stand one behind the other, as `text` does each: those that are short and ASCII at once. What is not
   * goes to `other`.
   */
  texts(values: readonly unknown[], length: number, other: (value: unknown) => void): void {
    let joined = '';
    for (let at = 0; at < length; at++) {
      const value = values[at];
      const isShort = typeof value === 'string' && value.length < ONE;
      if (!isShort || joined.length > JOINED) {
        this.join(joined, other);
        joined = '';
      }
      if (isShort) {
        joined += (LENGTHS[value.length] as string) + value;
      } else {
        other(value);
      }
    }
    this.join(joined, other);
  }

  /** Writes short texts behind their lengths; if not all is ASCII, each goes to `other`. */
  private join(joined: string, other: (value: unknown) => void): void {
    const { length } = joined;
    // In UTF-8 a character has at most three bytes for each of its units.
    this.reserve(length * 3);
    if (this.buffer.write(joined, this.at) === length) {
      this.at += length;
      return;
    }
    for (let at = 0; at < length;) {
      const start = at + 1;
      at = start + joined.charCodeAt(at);
      other(joined.slice(start, at));
    }
  }

  raw(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  bytes(value: Uint8Array): void {
    this.count(value.length);
    this.raw(value);
  }

  /** Begins a record; `end` takes what this gives. */
  begin(fields: number, name: string): number {
    if (++this.depth > 60) {
      throw argument(name, 'is nested too deeply');
    }
    this.count(fields);
    this.reserve(4);
    this.at += 4;
    return this.at;
  }

  end(start: number): void {
    this.depth--;
    this.buffer.writeUInt32LE(this.at - start, start - 4);
  }

  private reserve(size: number): void {
    const needed = this.at + size;
    if (needed > this.buffer.length) {
      if (needed > constants.MAX_LENGTH) {
        throw argument('arguments', `are longer than ${constants.MAX_LENGTH} bytes together`);
      }
      const old = this.buffer;
      const grown = Math.min(old.length * 2, constants.MAX_LENGTH);
      this.buffer = Buffer.allocUnsafe(Math.max(grown, needed));
      this.buffer.set(old.subarray(0, this.at));
    }
  }
}

/** Reads what the library has packed. */
export class Reader {
  private more = false;
  /** Bytes of the buffer as characters, and from where to where. */
  private window = '';
  private windowStart = 0;
  private windowEnd = 0;
  private view?: DataView;

  constructor(
    private buffer: Buffer,
    private at = 0,
    /** Whether the buffer is used again, so that bytes of it are copied. */
    private readonly reused = false,
  ) {}

  static over(buffer: Buffer): Reader {
    return new Reader(buffer, 0, true);
  }

  get done(): boolean {
    return this.at >= this.buffer.length;
  }

  /** Starts over, in the same or in another buffer. */
  reset(buffer?: Buffer): this {
    this.buffer = buffer ?? this.buffer;
    this.at = 0;
    this.windowEnd = 0;
    delete this.view;
    return this;
  }

  byte(): number {
    return this.buffer[this.at++] as number;
  }

  /** An unsigned number; exact below 2^53. */
  count(): number {
    let byte = this.byte();
    let value = byte & 0x7f;
    for (let factor = 0x80; byte >= 0x80; factor *= 0x80) {
      byte = this.byte();
      value += (byte & 0x7f) * factor;
    }
    return value;
  }

  u64(): bigint {
    const low = this.group();
    if (!this.more) {
      return BigInt(low);
    }
    const middle = this.group();
    const high = this.more ? this.group() : 0;
    words.setUint32(0, low | (middle << 28), true);
    words.setUint32(4, (middle >>> 4) | (high << 24), true);
    return words.getBigUint64(0, true);
  }

  i64(): bigint {
    const value = this.u64();
    return (value & 1n) === 0n ? value >> 1n : -(value >> 1n) - 1n;
  }

  f64(): number {
    this.at += 8;
    return this.buffer.readDoubleLE(this.at - 8);
  }

  text(): string {
    const length = this.count();
    const end = length + this.at;
    // No encoding is UTF-8 too, and is not looked up.
    const text = this.quick(length, end) ?? this.buffer.toString(undefined, this.at, end);
    this.at = end;
    return text;
  }

  /** Bytes: a copy if they are few or the buffer is used again, else a view. */
  bytes(length = this.count()): Buffer {
    const view = this.buffer.subarray(this.at, (this.at += length));
    return this.reused || length < 4096 ? Buffer.from(view) : view;
  }

  /** A reader of the next bytes. */
  part(): Reader {
    const length = this.count();
    return new Reader(this.buffer.subarray(this.at, (this.at += length)));
  }

  /** Enters a record; `leave` takes what this gives. */
  enter(): number {
    this.count();
    this.at += 4;
    return this.at + this.buffer.readUInt32LE(this.at - 4);
  }

  /** Leaves a record, behind fields that are not known. */
  leave<T>(end: number, value: T): T {
    this.at = end;
    return value;
  }

  /** The text up to a place without a call of the decoder, if all of it is ASCII. */
  private quick(length: number, end: number): string | undefined {
    if (this.reused || this.buffer.length < WINDOW) {
      return length <= SHORT ? this.ascii(end) : undefined;
    }
    if (length > CUT || !this.isAscii(end)) {
      return undefined;
    }
    if (end > this.windowEnd || this.at < this.windowStart) {
      this.windowStart = this.at;
      this.windowEnd = Math.min(this.at + WINDOW, this.buffer.length);
      this.window = this.buffer.toString('latin1', this.windowStart, this.windowEnd);
    }
    return this.window.slice(this.at - this.windowStart, end - this.windowStart);
  }

  /** Whether all up to a place is ASCII. */
  private isAscii(end: number): boolean {
    const { buffer } = this;
    const view = (this.view ??= new DataView(buffer.buffer, buffer.byteOffset, buffer.length));
    let bits = 0;
    let at = this.at;
    for (; at + 4 <= end; at += 4) {
      bits |= view.getInt32(at, true);
    }
    for (; at < end; at++) {
      bits |= buffer[at] as number;
    }
    return (bits & 0x80808080) === 0;
  }

  /** The text up to a place, if all of it is ASCII; for a few bytes. */
  private ascii(end: number): string | undefined {
    let text = '';
    for (let at = this.at; at < end; at++) {
      const unit = this.buffer[at] as number;
      if (unit >= 0x80) {
        return undefined;
      }
      text += String.fromCharCode(unit);
    }
    return text;
  }

  /** Up to 28 bits of a number, and whether there are more. */
  private group(): number {
    let bits = 0;
    let byte = 0x80;
    for (let shift = 0; shift < 28 && byte >= 0x80; shift += 7) {
      byte = this.byte();
      bits |= (byte & 0x7f) << shift;
    }
    this.more = byte >= 0x80;
    return bits;
  }
}

/** The halves of a number of 64 bits. */
const words = new DataView(new ArrayBuffer(8));
