import { createCommand, run } from "../run.ts";
import { addDemo } from "./demo.ts";
import { addVerify } from "./verify.ts";

/** The ipc-lab command: runs the toolkit over its transports, and verifies output files. */
export async function main(): Promise<void> {
  const command = createCommand("ipc-lab", "The laboratory: run the transports and see what each does.");
  addDemo(command);
  addVerify(command);
  await run(command);
}
