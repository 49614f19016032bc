import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** Runs a program in a process of its own; fails if that does not end by itself. */
async function run(code: string): Promise<string> {
  const prelude = `
    const echo = require('@net-mesh/core/echo');
    const { NetNode, liveHandles } = require('@net-mesh/core');`;
  const args = ['--expose-gc', '-e', prelude + code];
  const options = { cwd: import.meta.dirname, timeout: 50_000 };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return stdout.trim();
}

test('an idle node, an open subscription and a logger let the process end', async () => {
  const code = `
    globalThis.node = new NetNode();
    globalThis.stream = globalThis.node.subscribe();
    require('@net-mesh/core').setLogger(() => undefined);
    console.log('end');`;
  expect(await run(code)).toBe('end');
});

test('a pending operation keeps the process alive', async () => {
  expect(await run(`echo.failLater('busy').catch((error) => console.log(error.kind));`)).toBe(
    'busy',
  );
  const code = `
    const stream = new NetNode().subscribe({ timeoutMs: 300 });
    stream.next().then((event) => console.log(event));`;
  expect(await run(code)).toBe('null');
});

test('a stream that is not to be waited for does not', async () => {
  const code = `
    new NetNode().subscribe().unref().next().then(() => console.log('never'));
    console.log('end');`;
  expect(await run(code)).toBe('end');
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
  const { left, grown } = JSON.parse(await run(code)) as { left: number; grown: number };
  expect(left).toBe(0);
  expect(grown).toBeLessThan(8);
});
