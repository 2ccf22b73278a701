#!/usr/bin/env node
process.on("SIGUSR1", () => {}); // without a listener Node starts its debugger
const { main } = await import("../src/cli/forwarder/command.ts");
await main();
