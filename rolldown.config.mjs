import { defineConfig } from "rolldown";

/** CommonJS with code splitting: one chunk for each command, driver and backend, so that start-up pays for one. */
export default defineConfig({
  input: { machine: "src/cli/main.ts", swarm: "src/swarm/cli/main.ts" },
  platform: "node",
  external: [/^node:/, "cpu-features", /\.node$/],
  resolve: { alias: {} },
  output: {
    dir: "dist",
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "chunks/[name]-[hash].cjs",
    sourcemap: true,
    cleanDir: true,
  },
});
