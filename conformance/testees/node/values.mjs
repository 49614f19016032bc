// Values as fixtures write them, to those of the SDK and back.
import * as kernel from '../../../sdks/typescript/core/dist/cjs/kernel/index.js';
import { families, shapes } from './gen/interface.mjs';

const FLOATS = { nan: NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 };

/** The SDK's value; `kept` finds objects. */
export function read(type, value, kept, all) {
  const [kind, of] = Array.isArray(type) ? type : [type];
  const inner = (value) => read(of, value, kept, all);
  if (value === null || value === undefined) return value;
  switch (kind) {
    case 'big': return BigInt(value);
    case 'float': return FLOATS[value] ?? value;
    case 'bytes': return Buffer.from(value, 'hex');
    case 'base64': return Buffer.from(value, 'hex').toString('base64');
    case 'date': return new Date(Number(value));
    case 'json': return JSON.parse(value);
    case 'error': return readError(value);
    case 'object': return kept(value.ref);
    case 'optional': return inner(value);
    case 'list': case 'stream': return value.map(inner);
    case 'map': return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]));
    case 'enum': return shapes[of].values[value] ?? Number(value.replace('unknown:', ''));
    case 'host': return readHost(shapes[of], value, kept, all);
    case 'record': return readRecord(shapes[of], value, kept, all);
    case 'union': {
      const { tag, cases } = shapes[of];
      return { ...readFields(cases[value[tag]] ?? [], value, kept, all), [tag]: value[tag] };
    }
    default: return value;
  }
}

/** The fixture's value. */
export async function show(type, value) {
  const [kind, of] = Array.isArray(type) ? type : [type];
  if (kind === 'json') return JSON.stringify(value);
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'big': return String(value);
    case 'float': return Object.keys(FLOATS).find((name) => Object.is(FLOATS[name], value)) ?? value;
    case 'bytes': return value.toString('hex');
    case 'base64': return Buffer.from(value, 'base64').toString('hex');
    case 'date': return String(value.getTime());
    case 'error': return showError(value);
    case 'object': return true;
    case 'optional': return show(of, value);
    case 'stream': return show(['list', of], await value.toArray());
    case 'list': return Promise.all(value.map((item) => show(of, item)));
    case 'map': return showEntries(Object.entries(value).map(([key, item]) => [key, of, item]));
    case 'enum': return Object.entries(shapes[of].values).find(([, tag]) => tag === value)?.[0] ?? `unknown:${value}`;
    case 'record': return showRecord(shapes[of], value);
    case 'union': {
      const { tag, cases } = shapes[of];
      return { [tag]: value[tag], ...(await showFields(cases[value[tag]], value)) };
    }
    default: return value;
  }
}

export async function showError(error) {
  const known = families[error.family]?.kinds[error.kind]?.fields ?? [];
  const { family, kind, message } = error;
  return { family, kind, message, fields: await showFields(known, error.fields) };
}

function readError(value) {
  const [family, kind] = typeof value === 'string' ? value.split(/\.(.*)/s) : [value.family, value.kind];
  const { id, kinds } = families[family];
  const fields = readFields(kinds[kind].fields, value.fields ?? {});
  return kernel.makeError(id, kinds[kind].code, value.message ?? '', value.detail, fields);
}

function readFields(fields, value, kept, all) {
  const given = fields.filter(([name]) => name in value);
  return Object.fromEntries(given.map(([name, member, type]) => [member, read(type, value[name], kept, all)]));
}

function readRecord({ fields, class: name, tuple }, value, kept, all) {
  const given = readFields(fields, value, kept, all);
  if (tuple) return fields.map(([, member]) => given[member]);
  return name === '' ? given : new all[name](...fields.map(([, member]) => given[member]));
}

/** A host object that answers as the fixture says. */
function readHost({ callable, members }, value, kept, all) {
  const answers = callable ? { [Object.keys(members)[0]]: value } : value;
  const host = {};
  for (const [name, answer] of Object.entries(answers)) {
    const member = members[name];
    const act = (...given) => {
      if ('throw' in answer) throw new Error(answer.throw);
      if ('err' in answer) throw readError(answer.err);
      if ('arg' in answer) return given[member.args.findIndex(([name]) => name === answer.arg)];
      return read(member.returns, answer.ok, kept, all);
    };
    host[member.name] = member.kind === 'property' ? act() : member.waits ? async (...given) => act(...given) : act;
  }
  return callable ? Object.values(host)[0] : host;
}

function showRecord({ fields, tuple }, value) {
  return showEntries(fields.map(([name, member, type], place) => [name, type, value[tuple ? place : member]]));
}

function showFields(fields, value) {
  return showEntries(fields.map(([name, member, type]) => [name, type, value[member]]));
}

async function showEntries(entries) {
  const shown = entries.map(async ([name, type, value]) => [name, await show(type, value)]);
  return Object.fromEntries(await Promise.all(shown));
}
