import { buildInfo } from '@net-mesh/sdk';
import { fileURLToPath } from 'node:url';

const { version, specHash, features } = buildInfo();
const from = fileURLToPath(import.meta.resolve('@net-mesh/sdk'));
console.log(JSON.stringify({ version, spec_hash: specHash, features, from }));
