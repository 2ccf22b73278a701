#!/usr/bin/env node
process.title = "aggregator";
const { main } = await import("../src/cli/aggregator.ts");
await main();
