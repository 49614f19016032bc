import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, 'seed');
const sections = readFileSync(join(folder, 'snippets.md'), 'utf8').split(/^##+ /m);

/** Whether a program has the published snippet of a section, unchanged. */
export function hasSnippet(title: string, file: string): boolean {
  const section = sections.find((text) => text.startsWith(title));
  const code = /```typescript\n([^]*?)```/.exec(section ?? '')?.[1] ?? 'no such snippet';
  return readFileSync(join(folder, `${file}.mts`), 'utf8').includes(code);
}
