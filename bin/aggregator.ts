#!/usr/bin/env node
process.on("SIGUSR1", () => {}); // without a listener Node starts its debugger
process.title = "aggregator";
const { main } = await import("../src/cli/aggregator/command.ts");
await main();
