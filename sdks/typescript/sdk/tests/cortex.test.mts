import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CortexError,
  FoldAdapter,
  MemoriesAdapter,
  MemoriesOrderBy,
  Redex,
  Tasks,
  TasksAdapter,
  TasksOrderBy,
  TaskStatus,
  WriteToken,
  type RedexEvent,
  type SnapshotAndWatch,
  type Task,
} from '@net-mesh/sdk';
import { expect, test } from 'vitest';

const folder = () => mkdtempSync(join(tmpdir(), 'net-cortex-'));
const titles = (tasks: Task[]) => tasks.map((task) => task.title);

test('tasks outlast their closing', async () => {
  const redex = new Redex({ persistentDir: folder() });
  const tasks = await TasksAdapter.open(redex, 0xabcdef01, { persistent: true });
  tasks.create(1n, 'write docs', 100n);
  tasks.create(2, 'ship', 101);
  const seq = tasks.complete(1n, 102n);
  await tasks.waitForSeq(seq);
  expect(titles(tasks.listTasks({ status: TaskStatus.Completed }))).toEqual(['write docs']);
  await tasks.close();
  expect(() => tasks.delete(1n)).toThrow('cortex: closed');
  expect(tasks.count()).toBe(2);
  const again = await Tasks.open(redex, { originHash: 0xabcdef01n, persistent: true });
  expect(again.originHash).toBe(0xabcdef01n);
  const newest = again.listTasks({ orderBy: TasksOrderBy.UpdatedDesc, limit: 1 });
  expect(newest).toEqual([
    { id: 1n, title: 'write docs', status: 'completed', createdNs: 100n, updatedNs: 102n },
  ]);
  await again.close();
});

test('a receipt stands for its number, and its token is a text elsewhere', async () => {
  const tasks = await TasksAdapter.open(new Redex(), 7n);
  const receipt = tasks.create(1n, 'a', 1n);
  expect(BigInt(receipt as never) + 1n).toBe(1n);
  const { token } = receipt;
  expect(token.toString()).toBe('0000000000000007:0');
  await tasks.waitForToken(WriteToken.fromString(token.toString()), 60_000);
  await expect(tasks.waitForToken(new WriteToken(8n, 0n))).rejects.toThrow(CortexError);
  await expect(tasks.waitForSeq(9n, 1)).rejects.toMatchObject({ kind: 'timeout', seq: 9n });
});

test('a burst that nobody awaits is taken whole', async () => {
  const tasks = await TasksAdapter.open(new Redex(), 7n);
  let last = tasks.create(0n, 'a', 0n);
  for (let id = 1; id < 20_000; id++) last = tasks.create(id, 'a', id);
  await tasks.waitForSeq(last);
  expect(tasks.count()).toBe(20_000);
  expect(tasks.stats()).toMatchObject({ nextSeq: 20_000n, behind: 0n, skipped: 0n });
});

test('a watch gives what a list becomes', async () => {
  const tasks = await TasksAdapter.open(new Redex(), 7n);
  await tasks.waitForSeq(tasks.create(1n, 'a', 1n));
  const both: SnapshotAndWatch<Task> = await tasks.snapshotAndWatch({ status: 'pending' });
  expect(titles(both.snapshot)).toEqual(['a']);
  tasks.rename(1n, 'b', 2n);
  const seen: string[][] = [];
  for await (const list of both.updates) {
    seen.push(titles(list));
    if (list.length === 0) break;
    tasks.complete(1n, 3n);
  }
  expect(seen.at(-1)).toEqual([]);
  const ended = (await tasks.watch({ titleContains: 'B' })).toArray();
  await tasks.close();
  expect((await ended).map(titles)).toEqual([['b']]);
});

test('memories are found by their tags, and saved', async () => {
  const memories = await MemoriesAdapter.open(new Redex(), 7n);
  memories.store(1n, 'the door is blue', ['home'], 'me', 1n);
  memories.store(2n, 'the bus leaves at 7', ['work', 'bus'], 'me', 2n);
  await memories.waitForSeq(memories.pin(2n, 3n));
  const found = memories.listMemories({ anyTag: ['bus'], orderBy: MemoriesOrderBy.IdDesc });
  expect(found.map((memory) => [memory.id, memory.pinned])).toEqual([[2n, true]]);
  const saved = memories.snapshot();
  expect(saved.lastSeq).toBe(2n);
  expect(memories.snapshot().stateBytes).toEqual(saved.stateBytes);
  const other = await MemoriesAdapter.openFromSnapshot(new Redex(), 7n, saved);
  expect(other.listMemories()).toEqual(memories.listMemories());
  await expect(TasksAdapter.openFromSnapshot(new Redex(), 7n, saved)).rejects.toMatchObject({
    kind: 'bad_snapshot',
  });
});

/** Adds numbers up. */
class Sum {
  total = 0;

  apply(events: RedexEvent[]): void {
    for (const event of events) {
      const number = Number(event.payload.toString());
      if (Number.isNaN(number)) throw new Error(`no number: ${event.payload.toString()}`);
      this.total += number;
    }
  }

  snapshot(): Buffer {
    return Buffer.from(String(this.total));
  }

  restore(state: Uint8Array): void {
    this.total = Number(Buffer.from(state).toString());
  }
}

test('a program folds a file, and finds its state again', async () => {
  const redex = new Redex({ persistentDir: folder() });
  const file = redex.openFile('a/b', { persistent: true });
  file.appendBatch([Buffer.from('1'), Buffer.from('2')]);
  const sum = new Sum();
  const state = await FoldAdapter.open(redex, 'a/b', sum, { persistent: true });
  expect(sum.total).toBe(3);
  await state.waitForSeq(file.append(Buffer.from('3')));
  expect(sum.total).toBe(6);
  await state.close();
  file.append(Buffer.from('4'));
  const again = new Sum();
  const reopened = await FoldAdapter.open(redex, 'a/b', again, { persistent: true });
  expect([again.total, reopened.stats().nextSeq]).toEqual([10, 4n]);
  const saved = await reopened.snapshot();
  const other = new Sum();
  const elsewhere = await FoldAdapter.openFromSnapshot(new Redex(), 'c', other, saved);
  expect([other.total, elsewhere.stats().nextSeq]).toEqual([10, 0n]);
  await Promise.all([reopened.close(), elsewhere.close(), file.close()]);
});

test('a fold that throws stops, and leaves the file to its writers', async () => {
  const redex = new Redex();
  const file = redex.openFile('a');
  const state = await FoldAdapter.open(redex, 'a', new Sum());
  const seq = file.append(Buffer.from('x'));
  const failure = { kind: 'fold_failed', seq: 0n };
  await expect(state.waitForSeq(seq)).rejects.toMatchObject(failure);
  await expect(state.waitForSeq(seq)).rejects.toThrow('no number: x');
  await expect(state.snapshot()).rejects.toMatchObject(failure);
  expect([state.isRunning(), file.append(Buffer.from('1'))]).toEqual([false, 1n]);
  await state.close();
});
