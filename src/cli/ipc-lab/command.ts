import { createCommand, run } from "../run.ts";
import { addAdvise } from "./advise.ts";
import { addClaims } from "./claims.ts";
import { addDemo } from "./demo.ts";
import { addReport } from "./report.ts";
import { addRun } from "./run-lab.ts";
import { addScripts, addTrace, splitAtDashes } from "./trace.ts";
import { addVerify } from "./verify.ts";

/** The ipc-lab command: runs the toolkit over its transports, verifies output files, and traces. */
export async function main(): Promise<void> {
  const all = process.argv.slice(2);
  const [args = [], ...passedOn] = all[0] === "trace" ? splitAtDashes(all) : [all];
  const command = createCommand("ipc-lab", "The laboratory: run the transports and see what each does.");
  addDemo(command);
  addRun(command);
  addReport(command);
  addAdvise(command);
  addVerify(command);
  addClaims(command);
  addTrace(command, passedOn);
  addScripts(command);
  await run(command, args);
}
