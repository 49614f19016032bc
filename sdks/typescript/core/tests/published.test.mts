import * as core from '@net-mesh/core';
import * as sdk from '@net-mesh/sdk';
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';

type Names = Record<string, string[]>;

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const published = JSON.parse(read('../../../../fixtures/published/names.json')) as {
  excepted: Record<string, string>;
  names: Record<string, Names>;
};
const packages: Record<string, object> = { '@net-mesh/core': core, '@net-mesh/sdk': sdk };

const types = ['../dist/cjs/gen/', '../dist/cjs/kernel/'];
const declarations = types
  .flatMap((dir) => readdirSync(new URL(dir, import.meta.url)).map((file) => dir + file))
  .filter((path) => path.endsWith('.d.ts') && !path.endsWith('/echo.d.ts'))
  .map(read)
  .join('\n');

/** What is declared of a type: its body, or that of the type that it is another name of. */
function declared(name: string): string {
  const body = new RegExp(`^export (?:declare )?(?:class|interface) ${name}\\b[^]*?^}`, 'm');
  const other = new RegExp(`^export (?:declare )?type ${name}(?:<\\w+>)? = ([^]*?);$`, 'm');
  const whole = body.exec(declarations)?.[0] ?? '';
  const base = /^export .* extends (?:k\.)?(\w+)/.exec(whole)?.[1];
  const named = /^(\w+)(?:<\w+>)?$/.exec(other.exec(declarations)?.[1] ?? '')?.[1];
  return whole + [base, named].map((more) => (more === undefined ? '' : declared(more))).join('\n');
}

const isType = (name: string) =>
  new RegExp(`^export (?:declare )?(?:class|interface|type) ${name}\\b`, 'm').test(declarations);

for (const [name, offered] of Object.entries(packages)) {
  const kept = Object.entries(published.names[name] ?? {});
  test.each(kept)(`${name} has %s as it was published`, (item, members) => {
    const isExcepted = (path: string) => `${name}:${path}` in published.excepted;
    const value = (offered as Record<string, unknown>)[item];
    expect(isExcepted(item) || value !== undefined || isType(item)).toBe(true);
    const text = declared(item);
    const prototype = (value as { prototype?: object } | undefined)?.prototype ?? {};
    const missing = members.filter((member) => {
      const key = member === 'Symbol.asyncIterator' ? Symbol.asyncIterator : member;
      const isThere = key in prototype || key in Object(value);
      const isDeclared = new RegExp(`^ +(?:\\w+ )*${member}\\??[:(<]`, 'm').test(text);
      return !isThere && !isDeclared && !isExcepted(item) && !isExcepted(`${item}.${member}`);
    });
    expect(missing).toEqual([]);
  });
}

test('what is excepted has a reason, and is missing indeed', () => {
  for (const [path, reason] of Object.entries(published.excepted)) {
    expect(reason.split(' ').length, path).toBeGreaterThan(3);
  }
});
