import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    setupFiles: ['./assay.setup.ts'],
    // An audit takes longer than the 5 seconds of a test.
    testTimeout: 120_000,
  },
});
