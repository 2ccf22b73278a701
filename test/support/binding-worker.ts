import { closeSync, unlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { AF_UNIX, SOCK_STREAM } from "../../src/os/constants.ts";
import { listen, socket } from "../../src/os/libc.ts";
import { makeFifo } from "../../src/os/pipe.ts";
import { bindUnixPath } from "../../src/transports/shared/unix-path.ts";

/** Runs in a worker thread: binds and listens at a path many times over, and makes as many FIFOs at another. */
const { socketPath, fifoPath, rounds } = workerData as { socketPath: string; fifoPath: string; rounds: number };

for (let round = 0; round < rounds; round++) {
  const fd = socket(AF_UNIX, SOCK_STREAM, 0);
  const owned = await bindUnixPath(fd, socketPath, { bound: () => void listen(fd, 16) });
  makeFifo(fifoPath);
  owned.remove();
  closeSync(fd);
  unlinkSync(fifoPath);
}
parentPort?.postMessage("done");
