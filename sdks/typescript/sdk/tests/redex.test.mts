import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redex, RedexError, type RedexEvent } from '@net-mesh/sdk';
import { expect, test } from 'vitest';

const folder = () => mkdtempSync(join(tmpdir(), 'net-redex-'));
const texts = (events: RedexEvent[]) => events.map((event) => event.payload.toString());

test('a file outlasts its closing', async () => {
  const redex = new Redex({ persistentDir: folder() });
  const file = redex.openFile('a/b', { persistent: true, fsyncEveryN: 1n });
  expect(file.append(Buffer.from('one'))).toBe(0n);
  expect(file.appendBatch([Buffer.from('two'), Buffer.from('three')])).toBe(1n);
  expect(file.appendBatch([])).toBeNull();
  await file.close();
  const again = redex.openFile('a/b', { persistent: true });
  expect([again.len(), again.nextSeq()]).toEqual([3n, 3n]);
  expect(texts(again.readRange(1n, 9n))).toEqual(['two', 'three']);
  const [report] = await redex.verify();
  expect([report?.name, report?.events, report?.damages]).toEqual(['a/b', 3n, []]);
  await again.close();
});

test('a manager takes its directory by itself, and a file that is being closed is opened anew', async () => {
  const redex = new Redex(folder());
  const file = redex.openFile('a', { persistent: true });
  expect(file.append(Buffer.from('one'))).toBe(0n);
  const closing = file.close();
  const again = redex.openFile('a', { persistent: true });
  expect(again.append(Buffer.from('two'))).toBe(1n);
  await closing;
  expect(() => file.append(Buffer.from('late'))).toThrow('redex: closed');
  expect(texts(again.readRange(0n, 9n))).toEqual(['one', 'two']);
  await again.close();
});

test('appends that wait share the way to the disk', async () => {
  const redex = new Redex({ persistentDir: folder() });
  const file = redex.openFile('a', { persistent: true, fsyncEveryN: 1n });
  const seqs = await Promise.all(
    Array.from({ length: 256 }, (_, index) => file.appendAsync(Buffer.from(String(index)))),
  );
  expect(new Set(seqs).size).toBe(256);
  expect(file.len()).toBe(256n);
  await file.close();
});

test('a tail gives what was there, and what comes', async () => {
  const file = new Redex().openFile('a');
  file.append(Buffer.from('0'));
  const seen: string[] = [];
  for await (const event of file.tail()) {
    seen.push(event.payload.toString());
    if (seen.length === 5) break;
    file.append(Buffer.from(String(seen.length)));
  }
  expect(seen).toEqual(['0', '1', '2', '3', '4']);
  await file.close();
});

test('refusals are errors of their kind', () => {
  const redex = new Redex();
  expect(() => redex.openFile('No')).toThrow(RedexError);
  expect(() => redex.openFile('a', { persistent: true })).toThrow('redex: no_directory');
  expect(() => redex.openFile('a', { fsyncEveryN: 1n, fsyncIntervalMs: 5 })).toThrow(
    'mutually exclusive',
  );
  const full = redex.openFile('b', { maxBytes: 10 });
  expect(() => full.append(Buffer.alloc(11))).toThrow('redex: full');
});
