// The Node testee of the conformance suite: it calls the SDK as requests say.
import * as core from '../../../sdks/typescript/core/dist/cjs/index.js';
import * as echo from '../../../sdks/typescript/core/dist/cjs/gen/echo.js';
import * as kernel from '../../../sdks/typescript/core/dist/cjs/kernel/index.js';
import { calls } from './gen/interface.mjs';
import { surface } from './surface.mjs';
import { time } from './timing.mjs';
import { read, show, showError } from './values.mjs';
import * as wire from './wire.mjs';

const all = { ...core, ...echo };
const objects = new Map();

function kept(name) {
  if (!objects.has(name)) throw new Error(`no object is kept as ${name}`);
  return objects.get(name);
}

/** Makes the call of a request and gives its answer. */
async function answer(request) {
  const { op, args = {}, self, as } = request;
  if (op.startsWith('time:')) return time(request, kept, all, answer);
  if (op === 'reset') {
    objects.forEach((object) => (object instanceof core.NetStream ? object.close() : kernel.release(object)));
    objects.clear();
    return null;
  }
  if (op === 'surface') return surface();
  if (/^(wire|text)\./.test(op)) return wire.answer(op, args);
  const path = op.replace(/^call:/, '');
  if (op.startsWith('call:') && path.endsWith('.close') && !(path in calls)) {
    await (kept(self).close?.() ?? kernel.release(kept(self)));
    return null;
  }
  const call = op.startsWith('call:') ? calls[path] : undefined;
  if (call === undefined) throw new Error(`there is no ${op}`);
  const given = call.args.map(([name, type]) => read(type, args[name], kept, all));
  if (call.spread) given.push(...(given.pop() ?? []));
  const result = await run(call, given, self);
  if (call.returns === 'object' || call.returns?.[1] === 'object') keep(result, self, as);
  return show(call.returns, result);
}

function run({ kind, owner, name }, given, self) {
  switch (kind) {
    case 'function': return all[name](...given);
    case 'new': return new all[owner](...given);
    case 'static': return all[owner][name](...given);
    case 'property': return kept(self)[name];
    case 'value': return valueOf(all[owner], given[0])[name](...given.slice(1));
    default: return kept(self)[name](...given);
  }
}

/** The value of a class; options are written as a plain object. */
function valueOf(type, given) {
  return given instanceof type ? given : new type(given);
}

function keep(object, self, as) {
  if (as !== undefined && object !== null) objects.set(as, object);
  else if (object !== null && object !== objects.get(self)) kernel.release(object);
}

function send(message) {
  const text = Buffer.from(JSON.stringify(message));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  process.stdout.write(Buffer.concat([size, text]));
}

send({ language: 'typescript', spec_hash: core.SPEC_HASH, sdk: core.version() });
for await (const request of requests(process.stdin)) {
  try {
    send({ id: request.id, ok: await answer(request) });
  } catch (error) {
    const isTyped = error instanceof core.NetError;
    send({ id: request.id, ...(isTyped ? { err: await showError(error) } : { unsupported: error.message }) });
  }
}
process.exit(0);

/** The requests of a stream, each of which comes after its size. */
async function* requests(stream) {
  let chunks = [];
  let length = 0;
  let needed = 4;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    // A request of many chunks is put together once.
    while (length >= needed) {
      const input = Buffer.concat(chunks);
      const size = input.readUInt32LE();
      const isWhole = length >= 4 + size;
      if (isWhole) yield JSON.parse(input.toString('utf8', 4, 4 + size));
      chunks = [isWhole ? input.subarray(4 + size) : input];
      length = chunks[0].length;
      needed = isWhole ? 4 : 4 + size;
    }
  }
}
