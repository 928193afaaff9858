import { defineConfig } from "vitest/config";

interface Suite {
  name: string;
  include: string[];
  exclude?: string[];
  /** Of one test or hook, in ms; generous, since computers that test are busy. */
  limit: number;
  parallel?: boolean;
}

const suite = ({ name, include, exclude = [], limit, parallel = false }: Suite) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout: limit,
    hookTimeout: limit,
    fileParallelism: parallel,
  },
});

/** Everything around emulated VMs: it waits for guests most of the time, so other suites can run beside it. */
const vms = ["test/contract/vbox-*.test.ts", "test/e2e/vbox-*.test.ts"];

export default defineConfig({
  test: {
    projects: [
      suite({ name: "unit", include: ["test/unit/**/*.test.ts"], limit: 60_000, parallel: true }),
      suite({ name: "contract", include: ["test/contract/**/*.test.ts"], exclude: vms, limit: 180_000 }),
      suite({ name: "e2e", include: ["test/e2e/**/*.test.ts"], exclude: vms, limit: 900_000 }),
      suite({ name: "vms", include: vms, limit: 600_000 }),
    ],
  },
});
