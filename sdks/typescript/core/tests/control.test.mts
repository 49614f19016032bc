import { buildInfo, setLogger, setRuntimeThreads, SPEC_HASH, version } from '@net-mesh/core';
import { expect, test } from 'vitest';
import { output, run } from './run.mjs';

/** Starts the runtime; the log says how many threads that has. */
const start = `echo.failLater('busy').catch(() => undefined);`;

async function threads(
  code: string,
  env: Record<string, string> = {},
): Promise<string | undefined> {
  const { stderr } = await run(code + start, { ...env, NET_LOG: 'net_support=debug' });
  return /^[\d.]+ debug net_support::runtime: the runtime starts threads=(\d+)$/m.exec(stderr)?.[1];
}

test('the library tells its version and how it was built', () => {
  expect(version()).toMatch(/^\d+\.\d+\.\d+$/);
  expect(buildInfo()).toEqual({
    version: version(),
    specHash: SPEC_HASH,
    features: expect.arrayContaining(['conformance']) as string[],
    target: expect.stringMatching(/^[a-z0-9_]+(-[a-z0-9_]+){2,3}$/) as string,
  });
});

test('the number of threads is what was set', async () => {
  expect(await threads(`core.setRuntimeThreads(3);`)).toBe('3');
  expect(await threads('', { NET_RUNTIME_THREADS: '2' })).toBe('2');
  expect(await threads(`core.setRuntimeThreads(1);`, { NET_RUNTIME_THREADS: '2' })).toBe('1');
});

test('a number of threads that cannot be is refused', async () => {
  expect(() => setRuntimeThreads(0)).toThrow(/^argument: threads: /);
  const late = `
    echo.failLater('busy').catch(() => {
      try { core.setRuntimeThreads(2); } catch (error) { console.log(error.message); }
    });`;
  expect(await output(late)).toBe('argument: threads: the runtime is running already');
  const wrong = `echo.failLater('busy').catch((error) => console.log(error.message));`;
  const text = await output(wrong, { NET_RUNTIME_THREADS: 'many' });
  expect(text).toMatch(/^argument: NET_RUNTIME_THREADS: "many" is not a number/);
});

test('NET_LOG sends the log to standard error', async () => {
  expect(await run(start, { NET_LOG: '' })).toEqual({ stdout: '', stderr: '' });
  expect((await run(start, { NET_LOG: 'off' })).stderr).toBe('');
  expect(await threads('')).toMatch(/^[1-4]$/);
  expect((await run(start, { NET_LOG: '=wrong=' })).stderr).toMatch(/^NET_LOG: argument: filter: /);
});

test('a logger gets the records that pass its filter', async () => {
  const code = `
    const alive = setInterval(() => undefined, 1e6);
    const seen = [];
    let heard;
    const next = () => new Promise((resolve) => (heard = resolve));
    const write = (record) => heard(seen.push(record));
    const fail = () => { try { echo.panicNow(); } catch {} };
    const once = (filter, logger) => { core.setLogger(logger, filter); fail(); };
    (async () => {
      await Promise.all([next(), once('error', write)]);
      once('net_support=off,info', write);
      await Promise.all([next(), once('warn', { write })]);
      core.clearLogger();
      fail();
      const json = (_, value) => (typeof value === 'bigint' ? String(value) : value);
      console.log(JSON.stringify(seen, json));
      clearInterval(alive);
    })();`;
  const records = JSON.parse(await output(code)) as Record<string, unknown>[];
  expect(records).toHaveLength(2);
  expect(records[0]).toMatchObject({
    level: 'error',
    target: 'net_support::guard',
    message: expect.stringMatching(/^panic at .*echo.*:\d+: /) as string,
    fields: {},
  });
  expect(Number(records[0]?.['at'])).toBeGreaterThan(1e18);
  expect(() => setLogger(() => undefined, '=wrong=')).toThrow(/^argument: filter: /);
  expect(() => setLogger({} as never)).toThrow(
    /^argument: logger: expected LogSink, but it has no/,
  );
});
