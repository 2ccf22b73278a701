#!/usr/bin/env node
process.title = "ipc-lab";
const { main } = await import("../src/cli/ipc-lab.ts");
await main();

export {};
