import { defineConfig, type ViteUserConfig } from "vitest/config";

/**
 * Shared by all projects. Forks, because process.umask() and process.chdir() are not there in worker threads. One process runs
 * many files, since a new one for each costs as much as most files do: so a test takes back what it changes in its process.
 */
const common = { pool: "forks", isolate: false } as const;

/**
 * `npm test` runs "pure" and "process" together; `npm run test:all` the rest too, one project after the other. Most tests use real
 * kernels and processes and wait for them now and then, so that three files at a time keep two cores busy. Rows of "faults" use the
 * processors themselves, and traces see the whole system.
 */
const config: ViteUserConfig = defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: "pure",
          include: ["test/{unit,property}/**/*.test.ts"],
          maxWorkers: 3,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: "process",
          include: ["test/{conformance,process}/**/*.test.ts"],
          globalSetup: "test/support/build-programs.ts",
          maxWorkers: 3,
          testTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...common,
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          maxWorkers: 1,
          testTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          ...common,
          name: "package",
          include: ["test/package/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          ...common,
          name: "trace",
          include: ["test/trace/**/*.test.ts"],
          maxWorkers: 1,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          ...common,
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 6 },
        },
      },
      {
        test: {
          ...common,
          name: "browser",
          include: ["test/browser/**/*.test.ts"],
          maxWorkers: 1,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 5 },
        },
      },
    ],
  },
});

export default config;
