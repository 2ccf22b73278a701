import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WITHOUT_NATS } from "../test/support/nats/nats-programs.ts";
import { Report } from "./demo-cluster/report.ts";
import { runDemo } from "./demo-cluster/run-demo.ts";

/**
 * The whole system in one command, `npm run demo:cluster`: three nats-servers, two hosts with an aggregator, producers on all
 * transports and a forwarder each, and a consumer. Parts are killed, and in the end all lines are accounted for. As JSON with
 * `-- --json`, and where standard output is not a terminal. Ends with 0 if all is as it should be, otherwise with 1.
 */

/** Ends the programs that it has started, which end with it anyhow, before their folder is removed. */
function endOnSignals(directory: string): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      for (const pid of children()) process.kill(pid, "SIGKILL");
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
      process.kill(process.pid, signal);
    });
  }
}

function children(): number[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1");
  return pids.split(" ").filter(Boolean).map(Number);
}

if (WITHOUT_NATS !== undefined) {
  process.stderr.write(`${WITHOUT_NATS}; or scripts/nats-servers.sh sid, which installs nothing\n`);
  process.exitCode = 1;
} else {
  const directory = mkdtempSync(join(tmpdir(), "log-cluster-"));
  endOnSignals(directory);
  try {
    using report = new Report();
    if (!(await runDemo(directory, report))) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
