#!/usr/bin/env node
import { main } from "../src/cli/trace.ts";

await main();
