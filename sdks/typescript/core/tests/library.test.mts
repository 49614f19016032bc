import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SPEC_HASH } from '@net-mesh/core';
import { afterAll, expect, test } from 'vitest';
import { output } from './run.mjs';

const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'net-library-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a package and prints what that throws. */
const load = (path: string): string => `
  try { require(${JSON.stringify(path)}); } catch (error) {
    const { message, name, kind, wanted, found } = error;
    console.log(JSON.stringify({ message, name, kind, wanted, found }));
  }`;

test('a library that was generated from another spec is refused', async () => {
  const dist = join(import.meta.dirname, '..', 'dist');
  cpSync(dist, join(folder, 'dist'), { recursive: true });
  const spec = join(folder, 'dist', 'cjs', 'gen', 'spec.js');
  const wanted = '0123456789abcdef'.repeat(2);
  writeFileSync(spec, readFileSync(spec, 'utf8').replace(SPEC_HASH, wanted));
  const { libraryName } = require('../dist/cjs/kernel') as { libraryName(): string };
  const library = join(import.meta.dirname, '..', 'native', libraryName());
  const text = await output(load(join(folder, 'dist', 'cjs')), { NET_NATIVE_LIBRARY: library });
  expect(JSON.parse(text)).toEqual({
    message: `mismatch: SDK built from spec ${wanted}, library has ${SPEC_HASH}`,
    name: 'BaseError',
    kind: 'mismatch',
    wanted,
    found: SPEC_HASH,
  });
});

test('a library that is missing is named', async () => {
  const code = `
    delete require.cache[require.resolve('../dist/cjs/kernel/native')];
    process.env.NET_NATIVE_LIBRARY = '/no/such/library.node';
    ${load('../dist/cjs/kernel/native')}`;
  expect(await output(code)).toContain('/no/such/library.node is missing');
});
