import { fileURLToPath } from "node:url";
import { RunningProgram } from "./running-program.ts";

/** The built command. */
export const FORWARDER: string = fileURLToPath(new URL("../../dist/bin/forwarder.js", import.meta.url));

/** Starts the built forwarder. @param variables added to its environment */
export function startForwarder(args: readonly string[], variables: NodeJS.ProcessEnv = {}): RunningProgram {
  return new RunningProgram(process.execPath, [FORWARDER, ...args], { env: { ...process.env, ...variables } });
}

/** How a forwarder that ends by itself ended. */
export interface EndedForwarder {
  readonly status: number | null;
  readonly stderr: string;
  readonly events: readonly Record<string, unknown>[];
  /** The event of a run that forwards. */
  readonly done: Record<string, unknown> | undefined;
}

/** Runs it to its end. */
export async function runForwarder(args: readonly string[], variables?: NodeJS.ProcessEnv): Promise<EndedForwarder> {
  const program = startForwarder(args, variables);
  const status = await program.ended;
  return {
    status,
    stderr: program.stderr,
    events: program.lines,
    done: program.lines.find(({ event }) => event === "done"),
  };
}
