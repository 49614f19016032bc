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
  const { libraryName } = require('../dist/cjs/kernel/platform') as { libraryName(): string };
  const library = join(import.meta.dirname, '..', 'native', libraryName());
  const text = await output(load(join(folder, 'dist', 'cjs')), { NET_NATIVE_LIBRARY: library });
  expect(JSON.parse(text)).toEqual({
    message: `mismatch: built for spec ${wanted}, library has ${SPEC_HASH}`,
    name: 'BaseError',
    kind: 'mismatch',
    wanted,
    found: SPEC_HASH,
  });
});

test('a library that is named and missing is told', async () => {
  const code = `
    delete require.cache[require.resolve('../dist/cjs/kernel/native')];
    process.env.NET_NATIVE_LIBRARY = '/no/such/library.node';
    ${load('../dist/cjs/kernel/native')}`;
  expect(await output(code)).toContain(
    '/no/such/library.node is missing; NET_NATIVE_LIBRARY names it',
  );
});

/** An installation of the package without a native library, and what loading it on a platform says. */
const installed = join(folder, 'node_modules', '@net-mesh', 'core');
const on = async (platform: string, arch: string): Promise<string> => {
  const core = join(import.meta.dirname, '..');
  for (const part of ['dist', 'package.json']) {
    cpSync(join(core, part), join(installed, part), { recursive: true });
  }
  return await output(`
    Object.defineProperty(process, 'platform', { value: '${platform}' });
    Object.defineProperty(process, 'arch', { value: '${arch}' });
    ${load(join(installed, 'dist', 'cjs'))}`);
};

test('a package of the platform that is missing is named, with the command that installs it', async () => {
  const { version } = require('../package.json') as { version: string };
  for (const [os, cpu] of [
    ['darwin', 'arm64'],
    ['win32', 'x64'],
  ] as const) {
    const text = await on(os, cpu);
    expect(text).toContain(`has no native library for ${os}-${cpu}: `);
    expect(text).toContain(`npm install @net-mesh/core-${os}-${cpu}@${version}`);
    expect(text).toContain('--omit=optional');
  }
});

test('on a platform without a package those that have one are named', async () => {
  const text = await on('freebsd', 'x64');
  expect(text).toContain('there are packages for linux-x64-gnu, linux-arm64-gnu, linux-x64-musl');
  expect(text).toContain('cargo build --release --package net-napi');
});

test('the package of the platform has the library', async () => {
  const { platformName, libraryName } = require('../dist/cjs/kernel/platform') as {
    platformName(): string;
    libraryName(): string;
  };
  await on('darwin', 'arm64');
  const beside = join(folder, 'node_modules', '@net-mesh', `core-${platformName()}`);
  cpSync(join(import.meta.dirname, '..', 'native', libraryName()), join(beside, libraryName()));
  const text = await output(
    `console.log(require(${JSON.stringify(join(installed, 'dist', 'cjs'))}).SPEC_HASH)`,
  );
  expect(text.trim()).toBe(SPEC_HASH);
  rmSync(beside, { recursive: true });
});
