import { loadLibrary } from './platform';

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

/** The library, seen as what a module needs of it. */
export function library<T>(): T & KernelFunctions {
  return loaded as T & KernelFunctions;
}

const loaded = loadLibrary();
