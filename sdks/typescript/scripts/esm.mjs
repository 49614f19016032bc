// Writes the ES module of the package in the working directory: it hands on the CommonJS build, so that a
// program that uses both has one set of classes and one queue.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'package.json'));
const names = Object.keys(require('./dist/cjs/index.js')).filter((name) => name !== '__esModule');
const code = `import * as all from '../cjs/index.js';\nexport const {\n${names
  .map((name) => `  ${name},\n`)
  .join('')}} = all.default ?? all;\n`;
mkdirSync('dist/esm', { recursive: true });
writeFileSync('dist/esm/index.mjs', code);
writeFileSync('dist/esm/index.d.mts', `export * from '../cjs/index.js';\n`);
