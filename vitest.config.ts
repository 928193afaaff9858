import { defineConfig } from "vitest/config";

const suite = (name: string, testTimeout: number, parallel: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout,
    hookTimeout: testTimeout,
    fileParallelism: parallel,
  },
});

export default defineConfig({
  test: {
    projects: [suite("unit", 20_000, true), suite("contract", 120_000, false), suite("e2e", 600_000, false)],
  },
});
