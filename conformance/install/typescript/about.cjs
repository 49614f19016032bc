const { buildInfo } = require('@net-mesh/core');

const { version, specHash, features } = buildInfo();
const from = require.resolve('@net-mesh/core');
console.log(JSON.stringify({ version, spec_hash: specHash, features, from }));
