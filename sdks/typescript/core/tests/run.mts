import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const prelude = `
  const echo = require('@net-mesh/core/echo');
  const core = require('@net-mesh/core');
  const { NetNode, liveHandles } = core;`;

/** What a program printed. */
export interface Printed {
  stdout: string;
  stderr: string;
}

/** Runs a program in a process of its own; fails if that fails or does not end by itself. */
export async function run(code: string, env: Record<string, string> = {}): Promise<Printed> {
  const args = ['--expose-gc', '-e', prelude + code];
  const options = {
    cwd: import.meta.dirname,
    timeout: 50_000,
    env: { ...process.env, ...env },
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
  return { stdout: stdout.trim(), stderr: stderr.trim() };
}

/** What a program printed on standard output. */
export async function output(code: string, env?: Record<string, string>): Promise<string> {
  return (await run(code, env)).stdout;
}
