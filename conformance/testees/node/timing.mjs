// Calls that are made again and again while a clock runs.
import { calls, shapes } from './gen/interface.mjs';
import { read } from './values.mjs';

/** Makes the calls of a request that is timed; `answer` makes the one after them. */
export async function time(request, kept, all, answer) {
  const { op, self, args } = request;
  const call = calls[op.replace(/^time:/, '')];
  if (call === undefined) throw new Error(`${op} is not timed`);
  const sets = args.sets.map((set) => given(call, set, kept, all));
  const on = self === undefined ? (call.owner === '' ? all : all[call.owner]) : kept(self);
  const path = members(call.returns, args.reads ?? []);
  const inFlight = args.in_flight ?? 1;
  const run = inFlight > 1 ? concurrently : args.waits ? oneByOne : directly;
  const cpu = process.cpuUsage();
  const start = process.hrtime.bigint();
  await run(on, call.name, sets, args.times, path, inFlight);
  if (args.then !== undefined) await answer({ op: `call:${args.then}`, self });
  const nanos = process.hrtime.bigint() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { nanos: String(nanos), cpu: String((user + system) * 1000) };
}

/** The arguments of a call, without those at the end that are left out. */
function given(call, set, kept, all) {
  const values = call.args.map(([name, type]) => read(type, set[name], kept, all));
  while (values.length > 0 && values.at(-1) === undefined) values.pop();
  return values;
}

/** What a result has under the names that the spec gives to a path in it. */
function members(type, path) {
  if (path.length === 0) return [];
  const [kind, of] = Array.isArray(type) ? type : [type];
  if (kind === 'list' || kind === 'optional') return members(of, path);
  const [, member, next] = shapes[of].fields.find(([name]) => name === path[0]);
  return [member, ...members(next, path.slice(1))];
}

let last;

/** Reads a path, in each item of a list. */
function touch(value, path, from = 0) {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) touch(value[at], path, from);
  } else if (from === path.length) {
    last = value;
  } else {
    touch(value[path[from]], path, from + 1);
  }
}

// The calls are written out by name, as programs write them; a call through a variable method or with spread
// arguments would be timed too.
function directly(on, name, sets, times, path) {
  const width = Math.max(...sets.map((set) => set.length));
  const body = {
    0: `on.${name}()`,
    1: `on.${name}(sets[turn][0])`,
    2: `on.${name}(sets[turn][0], sets[turn][1])`,
    3: `on.${name}(sets[turn][0], sets[turn][1], sets[turn][2])`,
  }[width];
  const loop = compiled(
    `let last; for (let at = 0, turn = 0; at < times; at++) { last = ${body}; if (++turn === sets.length) turn = 0; } return last;`,
  );
  last = loop(on, sets, times);
  if (path.length > 0) touch(last, path);
}

const loops = new Map();

/** A loop of its own for each call, so that none is slowed by what another one's types were. */
function compiled(source) {
  if (!loops.has(source)) loops.set(source, new Function('on', 'sets', 'times', source));
  return loops.get(source);
}

async function oneByOne(on, name, sets, times, path) {
  for (let at = 0; at < times; at++) touch(await on[name](...sets[at % sets.length]), path);
}

async function concurrently(on, name, sets, times, path, inFlight) {
  let made = 0;
  const worker = async () => {
    while (made < times) touch(await on[name](...sets[made++ % sets.length]), path);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
