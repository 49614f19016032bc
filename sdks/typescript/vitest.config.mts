import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['*/tests/**/*.test.mts'],
    pool: 'forks',
    testTimeout: 60_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
