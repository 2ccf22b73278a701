#!/usr/bin/env node
import { Interruption } from "../src/cli/ipc-lab/interruption.ts";

const interruption = new Interruption();
process.on("SIGUSR1", () => {}); // without a listener Node starts its debugger
const { main } = await import("../src/cli/ipc-lab/command.ts");
await main(interruption);
