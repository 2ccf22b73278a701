import { createCommand, run } from "../run.ts";
import { addAdvise } from "./advise.ts";
import { addClaims } from "./claims.ts";
import { addDemo } from "./demo.ts";
import type { Interruption } from "./interruption.ts";
import { addReport } from "./report.ts";
import { addRun } from "./run-lab.ts";
import { addScripts, addTrace, splitAtDashes } from "./trace.ts";
import { addVerify } from "./verify.ts";

/** Commands that end in order at SIGINT and SIGTERM. */
const INTERRUPTIBLE: ReadonlySet<string> = new Set(["demo", "run", "claims"]);

/** The ipc-lab command: runs the toolkit over its transports, verifies output files, and traces. */
export async function main(interruption: Interruption): Promise<void> {
  const all = process.argv.slice(2);
  const [args = [], ...passedOn] = all[0] === "trace" ? splitAtDashes(all) : [all];
  const command = createCommand("ipc-lab", "The laboratory: run the transports and see what each does.");
  const { stop } = interruption;
  addDemo(command, stop);
  addRun(command, stop);
  addReport(command);
  addAdvise(command);
  addVerify(command);
  addClaims(command, stop);
  addTrace(command, passedOn);
  addScripts(command);
  command.hook("preAction", async (_command, action) => {
    if (!INTERRUPTIBLE.has(action.name())) await interruption.leave();
  });
  await run(command, args);
}
