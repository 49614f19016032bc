import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { output } from './run.mjs';

/** Ends the process by no means of its own: it fires only if something else keeps the process alive. */
const later = (code: string): string => `setTimeout(() => { ${code} }, 50).unref();`;

test('an idle node, an open subscription and a logger let the process end', async () => {
  const code = `
    globalThis.node = new NetNode();
    globalThis.stream = globalThis.node.subscribe();
    core.setLogger(() => undefined);
    console.log('end');`;
  expect(await output(code)).toBe('end');
});

test('a pending operation keeps the process alive', async () => {
  const code = `echo.failLater('busy').catch((error) => console.log(error.kind));`;
  expect(await output(code)).toBe('busy');
});

test('an iteration that waits keeps the process alive until it ends', async () => {
  const code = `
    const node = new NetNode();
    (async () => {
      for await (const event of node.subscribe()) {
        console.log(event.raw);
        break;
      }
    })();
    ${later(`node.emitRaw('"late"');`)}`;
  expect(await output(code)).toBe('"late"');
});

test('a stream that is not to be waited for does not', async () => {
  const code = `
    new NetNode().subscribe().unref().next().then(() => console.log('never'));
    console.log('end');`;
  expect(await output(code)).toBe('end');
});

test('a handler keeps the process alive while it is asked', async () => {
  const code = `
    let answer;
    const handler = () => new Promise((resolve) => (answer = resolve));
    echo.ask(handler, { text: 'q' }, Buffer.from('d')).then((data) => console.log(data.toString()));
    ${later(`answer(Buffer.from('late'));`)}`;
  expect(await output(code)).toBe('late');
});

test('a handler that is served keeps the process alive until unref', async () => {
  const code = `
    const kernel = require('../dist/cjs/kernel');
    const handler = { handle: () => undefined };
    const spec = { name: 'Handler', required: ['handle'], methods: [] };
    const w = kernel.begin();
    kernel.serve(w, spec, handler, 'handler');
    kernel.call(() => undefined, kernel.done(w));
    ${later(`console.log('served'); core.unref(handler);`)}`;
  expect(await output(code)).toBe('served');
});

test('a handler of a call that was refused does not', async () => {
  const code = `
    const [handler, data] = [() => Buffer.alloc(0), Buffer.alloc(0)];
    const caught = (error) => console.log(error.kind);
    echo.ask(handler, { text: 5 }, data).catch(caught);
    echo.ask(handler, { text: 'q' }, 5).catch(caught);
    const aborted = { signal: AbortSignal.abort() };
    echo.ask(handler, { text: 'q' }, data, 1, aborted).catch(caught);
    new echo.EchoBox('a').read().then(() => console.log(core.liveHandles()));`;
  expect(await output(code)).toBe('argument\nargument\ncancelled\n1');
});

test('nothing leaks', async () => {
  const code = `
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const start = liveHandles();
    let at20k = 0;
    (async () => {
      for (let count = 1; count <= 100_000; count++) {
        const box = new echo.EchoBox('text of a box');
        box.push(Buffer.from('more'));
        if (count % 10 === 0) await box.read();
        if (count % 1000 === 0) { await turn(); globalThis.gc(); await turn(); }
        if (count === 20_000) at20k = process.memoryUsage.rss();
      }
      const grown = (process.memoryUsage.rss() - at20k) / 2 ** 20;
      for (let round = 0; round < 20 && liveHandles() > start; round++) {
        globalThis.gc();
        await turn();
      }
      console.log(JSON.stringify({ left: liveHandles() - start, grown }));
    })();`;
  const { left, grown } = JSON.parse(await output(code)) as { left: number; grown: number };
  expect(left).toBe(0);
  expect(grown).toBeLessThan(8);
});

test.runIf(process.platform === 'linux')('the library leaves signals alone', async () => {
  // The library is loaded by then, so the process without it tells what Node.js itself has done.
  const masks = `
    const { readFileSync } = require('node:fs');
    const masks = () => readFileSync('/proc/self/status', 'utf8').match(/^Sig(Ign|Cgt):.*$/gm).join();`;
  const used = `${masks}
    const node = new NetNode();
    node.emitRaw('1');
    node.flush().then(() => node.shutdown()).then(() => console.log(masks()));`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '-e',
    `${masks} console.log(masks())`,
  ]);
  expect(await output(used)).toBe(stdout.trim());
});
