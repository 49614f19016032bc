// Several writers, one append-only file on disk. However the program is ended, what it has said to be there is there again.
//
//   node journal.mjs DIRECTORY WRITERS       prints what is there; then appends, and prints what was acknowledged, until it is ended
//   node journal.mjs DIRECTORY WRITERS lazy  the same, with the bytes left to the system: a loss of power may cost some of them
//   node journal.mjs DIRECTORY 0             prints what is there
import { Redex } from '@net-mesh/sdk';

const [directory, writers, mode] = process.argv.slice(2);
if (writers === undefined || (mode !== undefined && mode !== 'lazy')) {
  console.error('usage: journal.mjs DIRECTORY WRITERS [lazy]');
  process.exit(2);
}
// region open_file
const redex = new Redex(directory);
const fsyncEveryN = mode === 'lazy' ? undefined : 1n;
const file = redex.openFile('journal', { persistent: true, fsyncEveryN });
const run = file.nextSeq();
for (const { seq, skipped, payload } of file.readRange(0n, run))
  console.log(skipped === 0n ? `entry ${seq} ${payload}` : `skipped ${seq} ${skipped}`);
console.log(`next ${run}`);
// endregion

// Appends one entry, two, three, and so on in turn.
async function write(writer) {
  for (let step = 0; ; step++) {
    const entries = Array.from({ length: (step % 3) + 1 }, (_, part) =>
      Buffer.from(`${run}.${writer}.${step}.${part}${'.'.repeat(step % 64)}`),
    );
    const first = await file.appendBatchAsync(entries);
    console.log(`wrote ${first} ${writer} ${step}`);
  }
}

await Promise.all(Array.from({ length: Number(writers) }, (_, writer) => write(writer)));
await file.close();
