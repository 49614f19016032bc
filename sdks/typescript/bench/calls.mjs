// What calls cost: medians of interleaved rounds, in nanoseconds per event or operation. Prints, and asserts nothing.
// The echo module, and with it a library that has the feature `conformance`, is needed for the asynchronous figures.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { NetNode } from '@net-mesh/core';
import * as echo from '@net-mesh/core/echo';

const require = createRequire(import.meta.url);
const ROUNDS = 9;
const EVENTS = 100_000;
const texts = Array.from({ length: 1000 }, (_, at) =>
  JSON.stringify({
    id: String(at * 7919).padStart(16, '0'),
    value: 10_000_000 + at,
    ok: true,
    n: 1,
  }),
).map((text) => text.slice(0, -2) + '1}'.padStart(66 - text.length, '1'));
const buffers = texts.map((text) => Buffer.from(text));

const config = { shards: 1, bufferCapacity: 2 ** 16 };
const node = new NetNode(config);
const full = new NetNode(config);
while (full.stats().eventsIngested < 10_000n) full.emitRawBatch(texts);

/** Each: how many events or operations it does. */
const cases = {
  shards: () => repeat(EVENTS, () => node.shards()),
  emitBuffer: () => repeat(EVENTS, (at) => node.emitBuffer(buffers[at % 1000])),
  fire: () => repeat(EVENTS, (at) => node.fire(texts[at % 1000])),
  emitRaw: () => repeat(EVENTS, (at) => node.emitRaw(texts[at % 1000])),
  emitRawBatch: () => repeat(EVENTS / 1000, () => node.emitRawBatch(texts)) * 1000,
  pushBatch: () => repeat(EVENTS / 1000, () => node.pushBatch(buffers)) * 1000,
  poll: async () => {
    const { events } = await full.poll({ limit: 10_000 });
    let length = 0;
    for (const event of events) length += event.raw.length;
    return length === 640_000 ? 10_000 : Promise.reject(new Error(`${length} bytes`));
  },
  inFlight256: async () => {
    const box = new echo.EchoBox('text');
    const worker = async () => {
      for (let round = 0; round < 40; round++) await box.read();
    };
    await Promise.all(Array.from({ length: 256 }, worker));
    return 256 * 40;
  },
};

function repeat(count, call) {
  for (let at = 0; at < count; at++) call(at);
  return count;
}

const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, run] of Object.entries(cases)) {
    const start = process.hrtime.bigint();
    const count = await run();
    times[name].push(Number(process.hrtime.bigint() - start) / count);
  }
}
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];
for (const [name, values] of Object.entries(times)) {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const rate = (1e3 / median(values)).toFixed(2);
  const spread = `${least.toFixed(0)} to ${most.toFixed(0)}`;
  console.log(
    `${name.padEnd(14)} ${median(values).toFixed(0).padStart(6)} ns  ${rate} M/s  (${spread})`,
  );
}

const core = JSON.stringify(require.resolve('@net-mesh/core'));
const program = (code) => Number(execFileSync(process.execPath, ['--expose-gc', '-e', code]));
const imports = Array.from({ length: ROUNDS }, () =>
  program(`const t = performance.now(); require(${core}); console.log(performance.now() - t)`),
);
const memory = `gc(); setTimeout(() => { gc(); console.log(process.memoryUsage.rss() / 2 ** 20) }, 300)`;
const idle =
  program(`globalThis.node = new (require(${core}).NetNode)(); ${memory}`) - program(memory);
const cpu = program(`globalThis.node = new (require(${core}).NetNode)();
  setTimeout(() => { const before = process.cpuUsage();
    setTimeout(() => { const { user, system } = process.cpuUsage(before); console.log((user + system) / 1e3) }, 1000) }, 300)`);
console.log(
  `import ${median(imports).toFixed(1)} ms; idle node ${idle.toFixed(1)} MiB above node, ${cpu} ms CPU in a second`,
);
