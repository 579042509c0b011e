import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Vitest leaves one core free by itself, which on a machine of two is half of it. Projects without file parallelism keep to one.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{main,shared,central,renderer}/**/*.test.{ts,tsx}', 'build/{lint,fixtures,host,scripts,hooks,bench,line}/**/*.test.ts'],
          environment: 'node',
          setupFiles: ['build/fixtures/property-seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['build/{suites,sim,package,interop}/**/*.test.ts'],
          environment: 'node',
          setupFiles: ['build/fixtures/property-seed.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['build/e2e/**/*.test.ts'],
          environment: 'node',
          setupFiles: ['build/fixtures/property-seed.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // A browser on a busy machine may miss a key; the report shows which test needed another try.
          retry: 2,
          fileParallelism: false,
        },
      },
    ],
  },
});
