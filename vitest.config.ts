import { defineConfig, type ViteUserConfig } from "vitest/config";

/** Shared by all projects: forks, because process.umask() and process.chdir() are not there in worker threads. */
const common = { pool: "forks", testTimeout: 20_000, hookTimeout: 20_000 } as const;

/** Comparisons of speed, and tracing of the whole system: one file at a time, with nothing else running. */
const alone = ["test/trace/**/*.test.ts", "test/faults/crowds.test.ts", "test/process/aggregator-idle.test.ts"];

const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "pure",
          include: ["test/{unit,property}/**/*.test.ts"],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Real kernels and processes, each test with senders and receivers of its own: two files keep two cores busy.
        test: {
          ...common,
          name: "real",
          include: ["test/{conformance,process,faults,browser}/**/*.test.ts"],
          exclude: alone,
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "alone",
          include: alone,
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

export default config;
