import type { Codec } from './codec';
import { Reader, type Writer } from './pack';

/** An error of the library; each family has a class of its own. */
export class NetError extends Error {
  /** Name of the family. */
  declare readonly family: string;
  /** Published text of the kind. */
  declare readonly kind: string;
  /** Permanent number: the family's, times 65536, plus the kind's. */
  declare readonly code: number;
  /** Whether the same call may succeed later. */
  declare readonly retry: boolean;
  /** What happened, for people. */
  declare readonly detail?: string;
  /** The fields of the kind by name, which are members of the error too. */
  declare readonly fields: Readonly<Record<string, unknown>>;
}

/** A kind of error, as the generator prints it. */
export interface Kind {
  readonly code: number;
  readonly text: string;
  readonly retry?: boolean;
  readonly type?: ErrorClass;
  readonly fields?: Readonly<Record<string, Codec<never, unknown>>>;
  readonly constants?: Readonly<Record<string, string>>;
}

/** A family of errors, as the generator prints it. */
export interface Family {
  readonly id: number;
  readonly name: string;
  readonly prefix: string;
  /** Template of messages, if it is not `{prefix}{kind}[: {detail}]`. */
  readonly format?: string;
  readonly type: ErrorClass;
  readonly kinds: readonly Kind[];
}

interface ErrorClass {
  readonly prototype: NetError;
}

/** Makes a family known, so that its errors arrive as its classes. */
export function register(family: Family): void {
  families.set(family.id, family);
}

/** Makes an error from its parts. */
export function makeError(
  family: number,
  code: number,
  message: string,
  detail?: string,
  fields: Record<string, unknown> = {},
  retry = false,
): NetError {
  const type = kindOf(family, code)?.type ?? families.get(family)?.type ?? NetError;
  return construct(
    Object.create(type.prototype) as NetError,
    family,
    code,
    message,
    detail,
    fields,
    retry,
  );
}

/** Fills an error in; constructors of kinds that hosts make use it too. */
export function construct<E extends NetError>(
  error: E,
  family: number,
  code: number,
  message: string,
  detail?: string,
  fields: object = {},
  retry = false,
): E {
  const kind = kindOf(family, code);
  const define = (name: string, value: unknown, enumerable = true): void => {
    Object.defineProperty(error, name, { value, enumerable, configurable: true, writable: true });
  };
  define('message', message, false);
  define('family', families.get(family)?.name ?? 'unknown');
  define('kind', kind?.text ?? 'unknown');
  define('code', family * 65536 + code);
  define('retry', kind?.retry ?? retry);
  if (detail !== undefined) {
    define('detail', detail);
  }
  define('fields', { ...fields, ...kind?.constants }, false);
  Object.entries(error.fields).forEach(([name, value]) => define(name, value));
  define('name', error.constructor.name, false);
  Error.captureStackTrace(error, construct);
  return error;
}

/** An argument that is refused before anything happens. */
export function argument(name: string, reason: string): NetError {
  const detail = `${name}: ${reason}`;
  return makeError(0, 2, `argument: ${detail}`, detail, { argument: name, reason });
}

/** An error of the base family with a free detail. */
export function baseError(code: number, detail = ''): NetError {
  const text = kindOf(0, code)?.text ?? '';
  return detail === ''
    ? makeError(0, code, text)
    : makeError(0, code, `${text}: ${detail}`, detail);
}

export function readError(r: Reader): NetError {
  const [family, code, retry, message] = [r.count(), r.count(), r.byte() !== 0, r.text()];
  const detail = r.byte() === 0 ? undefined : r.text();
  const end = r.enter();
  const fields: Record<string, unknown> = {};
  for (const [name, codec] of Object.entries(kindOf(family, code)?.fields ?? {})) {
    fields[name] = codec.read(r) ?? undefined;
  }
  const [told, shown] = spell(fields, message, detail);
  return r.leave(end, makeError(family, code, told, shown, fields, retry));
}

/** Fields in which the library names what a call takes. */
const NAMING = ['argument', 'option'] as const;

/** Gives what the library names its name in TypeScript, in the field and in the texts, which it changes. */
function spell(
  fields: Record<string, unknown>,
  message: string,
  detail?: string,
): [message: string, detail?: string] {
  let [told, shown] = [message, detail];
  for (const field of NAMING) {
    const name = fields[field];
    if (typeof name === 'string') {
      const own = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
      fields[field] = own;
      if (shown?.startsWith(name) === true) {
        const texts = { old: shown, own: own + shown.slice(name.length) };
        told = told.endsWith(texts.old) ? told.slice(0, -texts.old.length) + texts.own : told;
        shown = texts.own;
      }
    }
  }
  return [told, shown];
}

export function writeError(w: Writer, error: NetError): void {
  const [family, code] = [Math.floor(error.code / 65536), error.code % 65536];
  const fields = Object.entries(kindOf(family, code)?.fields ?? {});
  w.count(family);
  w.count(code);
  w.byte(Number(error.retry));
  w.text(error.message);
  w.byte(Number(error.detail !== undefined));
  if (error.detail !== undefined) {
    w.text(error.detail);
  }
  const at = w.begin(fields.length, 'error');
  fields.forEach(([name, codec]) => codec.write(w, error.fields[name] as never, name));
  w.end(at);
}

/** What to tell of anything that was thrown. */
export function textOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return 'something without a text';
  }
}

/** The typed error of whatever a native function threw. */
export function thrown(error: unknown): unknown {
  const packed = error instanceof Error && error.message.startsWith('net:');
  return packed ? readError(new Reader(Buffer.from(error.message.slice(4), 'latin1'))) : error;
}

/**
 * Gives the typed error of what was caught: itself, or what its text says. Texts that no family publishes, and
 * everything else, give `undefined`.
 */
export function classifyError(error: unknown): NetError | undefined {
  if (error instanceof NetError) {
    return error;
  }
  const text = typeof error === 'string' ? error : (error as { message?: unknown } | null)?.message;
  if (typeof text !== 'string') {
    return undefined;
  }
  const longest = [...families.values()].sort((a, b) => b.prefix.length - a.prefix.length);
  for (const family of longest) {
    const found = parser(family).exec(text)?.groups;
    const kind = family.kinds.find((kind) => kind.text === found?.['kind']);
    if (kind !== undefined) {
      return makeError(family.id, kind.code, text, found?.['detail']);
    }
  }
  return undefined;
}

function kindOf(family: number, code: number): Kind | undefined {
  return families.get(family)?.kinds.find((kind) => kind.code === code);
}

/** What takes a family's messages apart. */
function parser({ prefix, format = '{prefix}{kind}[: {detail}]', kinds }: Family): RegExp {
  const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const groups: Record<string, string> = {
    '[': '(?:',
    ']': ')?',
    '{prefix}': escape(prefix),
    '{kind}': `(?<kind>${kinds.map((kind) => escape(kind.text)).join('|')})`,
    '{detail}': '(?<detail>[^]*)',
  };
  const pieces = format.split(/(\{\w+\}|[[\]])/);
  return new RegExp(`^${pieces.map((piece) => groups[piece] ?? escape(piece)).join('')}$`);
}

const families = new Map<number, Family>();
