#!/usr/bin/env node
process.title = "producer";
const { main } = await import("../src/cli/producer.ts");
await main();
