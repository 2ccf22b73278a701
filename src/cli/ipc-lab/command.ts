import { createCommand, run } from "../run.ts";
import { addDemo } from "./demo.ts";
import { addRun } from "./run-lab.ts";
import { addScripts, addTrace } from "./trace.ts";
import { addVerify } from "./verify.ts";

/** The ipc-lab command: runs the toolkit over its transports, verifies output files, and traces. */
export async function main(): Promise<void> {
  const command = createCommand("ipc-lab", "The laboratory: run the transports and see what each does.");
  addDemo(command);
  addRun(command);
  addVerify(command);
  addTrace(command);
  addScripts(command);
  await run(command);
}
