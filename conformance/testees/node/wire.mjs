// Requests about layouts: values as fixtures write them, to those of the codecs and back.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const folder = new URL('../../../sdks/typescript/core/dist/cjs/gen/wire/', import.meta.url);
const modules = readdirSync(folder).filter((name) => name.endsWith('.js'));
const codecs = Object.assign({}, ...modules.map((name) => require(new URL(name, folder).pathname)));
const layouts = JSON.parse(readFileSync(new URL('../layouts.json', import.meta.url), 'utf8'));
const FLOATS = { nan: NaN, inf: Infinity, '-inf': -Infinity, '-0': -0 };

/** Answers `wire.<layout>.encode` and the like. */
export function answer(op, args) {
  const [, name, direction] = op.split('.');
  const layout = layouts[name];
  if (layout === undefined || !['encode', 'decode'].includes(direction)) {
    throw new Error(`there is no ${op}`);
  }
  const isText = layout.side === 'text';
  const codec = codecs[direction + camel(`_${name}`)];
  if (direction === 'encode') {
    const encoded = codec(readLayout(layout, args.value));
    return isText ? encoded : Buffer.from(encoded).toString('hex');
  }
  const value = codec(isText ? args.text : Buffer.from(args.bytes, 'hex'));
  return showLayout(layout, value);
}

function readLayout(layout, value) {
  return Object.fromEntries(layout.members.map((m) => [camel(m.name), read(m.form, value[m.fixture])]));
}

function showLayout(layout, value) {
  return Object.fromEntries(layout.members.map((m) => [m.fixture, show(m.form, value[camel(m.name)])]));
}

function camel(name) {
  return name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
}

function read(form, value) {
  if (value === null || form.bits !== undefined) return value;
  if (Array.isArray(value)) return value.map((item) => read(form, item));
  if (form.tags !== undefined) return form.tags[value];
  if (form.layout !== undefined) return readLayout(layouts[form.layout], value);
  if (form.choice !== undefined) {
    const [[layout, part]] = Object.entries(value);
    return { layout, value: readLayout(layouts[layout], part) };
  }
  switch (form) {
    case 'decimal': case 'number': return BigInt(value);
    case 'hex': return Buffer.from(value, 'hex');
    case 'float': return FLOATS[value] ?? value;
    default: return value;
  }
}

function show(form, value) {
  if (value === null || form.bits !== undefined) return value;
  if (Array.isArray(value)) return value.map((item) => show(form, item));
  if (form.layout !== undefined) return showLayout(layouts[form.layout], value);
  if (form.choice !== undefined) return { [value.layout]: showLayout(layouts[value.layout], value.value) };
  if (form.tags !== undefined) return Object.keys(form.tags).find((text) => form.tags[text] === value);
  switch (form) {
    case 'decimal': return String(value);
    case 'number': return Number(value);
    case 'hex': return Buffer.from(value).toString('hex');
    case 'float': return Object.keys(FLOATS).find((name) => Object.is(FLOATS[name], value)) ?? value;
    default: return value;
  }
}
