import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { liveHandles, type NetObject } from '@net-mesh/core';
import * as echo from '@net-mesh/core/echo';
import { expect, test } from 'vitest';

const require = createRequire(import.meta.url);
const { HANDLE } = require('../dist/cjs/kernel') as { HANDLE: keyof NetObject };

const prelude = `
  const { parentPort, workerData } = require('node:worker_threads');
  const echo = require('@net-mesh/core/echo');
  const kernel = require(${JSON.stringify(require.resolve('../dist/cjs/kernel'))});
  const caught = (run) => {
    try { return run(); } catch ({ name, kind, message }) { return { name, kind, message }; }
  };`;

/** Runs a program in a worker: it, and the first message from it. */
async function work(
  code: string,
  workerData?: unknown,
): Promise<{ worker: Worker; told: unknown }> {
  const worker = new Worker(prelude + code, { eval: true, workerData });
  const told = await new Promise((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  );
  return { worker, told };
}

test('a worker has an environment of its own, which dies with it', async () => {
  const before = liveHandles();
  const code = `
    globalThis.kept = [new echo.EchoBox('a'), echo.countUp(3)];
    echo.countUp(3).toArray().then((all) => parentPort.postMessage(all));`;
  const { worker, told } = await work(code);
  expect(told).toEqual([0, 1, 2]);
  await worker.terminate();
  await expect.poll(liveHandles).toBeLessThanOrEqual(before);
});

test('an object that is sent to a worker is none there', async () => {
  const code = `
    const box = new echo.EchoBox('here');
    parentPort.postMessage(caught(() => box.pair(workerData)));`;
  const { told } = await work(code, new echo.EchoBox('there'));
  const message = 'argument: other: expected EchoBox, got object';
  expect(told).toEqual({ name: 'BaseError', kind: 'argument', message });
});

test('a handle of another thread is refused', async () => {
  const box = new echo.EchoBox('there');
  const stream = echo.countUp(3);
  const code = `
    const [box, stream] = workerData;
    const theirs = kernel.adopt(echo.EchoBox, box);
    const own = new echo.EchoBox('here');
    const refused = [
      caught(() => theirs.text),
      caught(() => own.pair(theirs)),
      caught(() => echo.EchoBox.merged([own, theirs])),
      caught(() => kernel.stream(kernel.u32, stream).close()),
    ];
    const awaited = [theirs.read(), kernel.stream(kernel.u32, stream).next()];
    Promise.allSettled(awaited).then((results) => {
      refused.push(...results.map(({ reason }) => caught(() => { throw reason; })));
      kernel.release(theirs);
      parentPort.postMessage(refused);
    });`;
  const { told } = await work(code, [box[HANDLE], stream[HANDLE]]);
  const message = 'handle: of another thread';
  expect(told).toEqual(
    Array.from({ length: 6 }, () => ({ name: 'BaseError', kind: 'handle', message })),
  );
  expect(box.text).toBe('there');
  expect(await stream.toArray()).toEqual([0, 1, 2]);
});
