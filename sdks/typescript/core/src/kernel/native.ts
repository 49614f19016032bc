import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** What the native library offers to the kernel; the generated modules add their own functions. */
export interface KernelFunctions {
  kernelOpen(wake: () => void): number;
  kernelDrain(environment: number): Buffer;
  kernelCancel(environment: number, op: number): boolean;
  kernelFree(environment: number, handle: number): boolean;
  kernelReply(reply: number, isError: boolean, answer: Uint8Array): boolean;
  kernelStreamNext(environment: number, handle: number, max: number): number;
  kernelStreamClose(handle: number): void;
  kernelOverflow(): Buffer;
  kernelLive(): number;
  kernelSpecHash(): string;
}

/** The name of the native library on this platform. */
export function libraryName(): string {
  const libc = process.platform === 'linux' ? (isMusl() ? '-musl' : '-gnu') : '';
  const msvc = process.platform === 'win32' ? '-msvc' : '';
  return `net.${process.platform}-${process.arch}${libc}${msvc}.node`;
}

/** Loads the native library: `NET_NATIVE_LIBRARY`, or the file of this platform in the package. */
export function loadLibrary(): unknown {
  const named = process.env['NET_NATIVE_LIBRARY'];
  const path = named ?? join(__dirname, '..', '..', '..', 'native', libraryName());
  if (!existsSync(path)) {
    const hint = `build it with "cargo build -p net-napi" and copy it there`;
    throw new Error(
      `@net-mesh/core has no native library for this platform: ${path} is missing (${hint})`,
    );
  }
  return createRequire(__filename)(path);
}

/** The library, seen as what a module needs of it. */
export function library<T>(): T & KernelFunctions {
  return loaded as T & KernelFunctions;
}

function isMusl(): boolean {
  try {
    return readFileSync('/usr/bin/ldd', 'utf8').includes('musl');
  } catch {
    return false;
  }
}

const loaded = loadLibrary();
