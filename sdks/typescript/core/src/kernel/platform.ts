import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PLATFORMS } from '../gen/platforms';

const ROOT = join(__dirname, '..', '..', '..');
const load = createRequire(__filename);

/** What packages call this platform, whether or not there is one for it. */
export function platformName(): string {
  const { platform: os, arch: cpu } = process;
  const libc = os === 'linux' ? (isMusl() ? 'musl' : 'glibc') : undefined;
  const known = PLATFORMS.find((one) => one.os === os && one.cpu === cpu && one.libc === libc);
  return known?.name ?? [os, cpu, ...(libc === 'musl' ? [libc] : [])].join('-');
}

/** The file that the native library has in its package, or in `native` of a checkout. */
export function libraryName(): string {
  return `net.${platformName()}.node`;
}

/** Loads the native library: `NET_NATIVE_LIBRARY`, the file of a checkout, or that of the package for this platform. */
export function loadLibrary(): unknown {
  const named = process.env['NET_NATIVE_LIBRARY'];
  const own = named ?? join(ROOT, 'native', libraryName());
  if (existsSync(own)) return load(own);
  if (named !== undefined) {
    throw new Error(`@net-mesh/core: ${named} is missing; NET_NATIVE_LIBRARY names it`);
  }
  const found = packaged();
  if (found === undefined) throw new Error(advice(own));
  return load(found);
}

/** Where the package for this platform has the library. */
function packaged(): string | undefined {
  try {
    return load.resolve(`${packageName()}/${libraryName()}`);
  } catch {
    return undefined;
  }
}

function packageName(): string {
  return `@net-mesh/core-${platformName()}`;
}

/** What is missing, and what to do about it. */
function advice(own: string): string {
  const name = platformName();
  const names = PLATFORMS.map((one) => one.name);
  const missing = `@net-mesh/core has no native library for ${name}: `;
  if (!names.includes(name)) {
    return (
      `${missing}there are packages for ${names.join(', ')}. On other platforms build it from the sources with ` +
      '"cargo build --release --package net-napi" and let NET_NATIVE_LIBRARY name the file.'
    );
  }
  const { version } = load(join(ROOT, 'package.json')) as { version: string };
  return (
    `${missing}the package ${packageName()} is not installed, and ${own} is missing. ` +
    `Run "npm install ${packageName()}@${version}". npm leaves optional dependencies out with --omit=optional, and where ` +
    'the lock file or node_modules come from another platform: then remove both and install again.'
  );
}

function isMusl(): boolean {
  try {
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl');
  } catch {
    return false;
  }
}
