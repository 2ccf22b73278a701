// Runs a command from source: npm run dev -- aggregator unixsock
import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const [name = "", ...args] = process.argv.slice(2);
const folder = new URL("../bin/", import.meta.url);
const program = fileURLToPath(new URL(`${name}.ts`, folder));

if (!/^[a-z-]+$/.test(name) || !existsSync(program)) {
  const names = readdirSync(folder).map((file) => file.replace(/\.ts$/, ""));
  console.error(`usage: npm run dev -- <${names.join("|")}> [arguments]`);
  process.exit(2);
}

const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), program, ...args], { stdio: "inherit" });
// A terminal's Ctrl-C also reaches the child directly; for commands a second one is the same as the first.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
