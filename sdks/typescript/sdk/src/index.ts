export * from '@net-mesh/core';
