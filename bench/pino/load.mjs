// Logs with pino through one of the contestants, and prints what it measured. Plain JavaScript, so that nothing but the
// contestant is loaded beside pino. Its argument is JSON: see bench/pino/trial.ts.
import { destination } from "log-aggregator/pino";
import { pino } from "pino";

const { contestant, path, file, lines, perIteration, perSecond, end } = JSON.parse(process.argv[2]);
const to = `unixsock=${path}`;

/** Lines that are not counted, so that pino is compiled. */
const WARM_UP_LINES = 1000;

/** Best for keeping lines: it connects again soon, and keeps up to 64 MiB until then. */
const PINO_SOCKET = {
  unixsocket: path,
  mode: "tcp",
  reconnect: true,
  backoffStrategy: { name: "exponential", initialDelay: 10, maxDelay: 100 },
  recovery: true,
  recoveryQueueMaxSize: 64 * 1024 * 1024,
};

const CONTESTANTS = {
  alone: () => ({ write() {} }),
  file: () => pino.destination({ dest: file, sync: true }),
  "pino-socket": () => pino.transport({ target: "pino-socket", options: PINO_SOCKET }),
  destination: () => destination({ to }),
  acked: () => destination({ to, ack: true }),
  worker: () => pino.transport({ target: "log-aggregator/pino", options: { to } }),
};

const stream = CONTESTANTS[contestant]();
if (stream.once !== undefined && contestant !== "file") await new Promise((resolve) => stream.once("ready", resolve));
const logger = pino({}, stream);
const took = new Float64Array(lines);
let n = 0;

function log(count) {
  for (const last = Math.min(n + count, lines); n < last; n++) {
    const began = performance.now();
    logger.info({ n }, "a request was answered, and this is what is known about it");
    took[n] = performance.now() - began;
  }
}

/** Resolves when all lines are logged. */
function logAll() {
  const began = performance.now();
  return new Promise((resolve) => {
    const iterate = () => {
      log(perSecond === undefined ? perIteration : Math.floor(((performance.now() - began) / 1000) * perSecond) - n);
      if (n === lines) resolve();
      else if (perSecond === undefined) setImmediate(iterate);
      else setTimeout(iterate, 1);
    };
    iterate();
  });
}

/** Resolves when the contestant has given everything to the kernel, or all is acknowledged. */
async function handOver() {
  if (stream.close !== undefined && contestant !== "file") await stream.close();
  else if (contestant === "pino-socket" || contestant === "worker") {
    // A worker doesn't keep its program running.
    const waits = setInterval(() => {}, 1000);
    const closed = new Promise((resolve) => stream.once("close", resolve));
    stream.end();
    await closed;
    clearInterval(waits);
  }
}

if (end !== undefined) process.stdin.resume();
for (let i = 0; i < WARM_UP_LINES; i++) {
  logger.info("warm-up");
  if (i % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
}
const cpuBefore = process.cpuUsage();
const began = performance.now();
if (end === undefined) {
  await logAll();
} else {
  log(lines);
  if (end === "exit") process.exit();
  if (end === "throw") throw new Error("on purpose");
  if (end === "SIGKILL") await new Promise((resolve) => setTimeout(resolve, 10));
  process.kill(process.pid, end);
}
const { user, system } = process.cpuUsage(cpuBefore);
const { maxRSS } = process.resourceUsage();
await handOver();
const ms = performance.now() - began;
const sorted = took.sort();
process.stdout.write(
  JSON.stringify({
    linesPerSecond: (lines / ms) * 1000,
    p50Us: sorted[Math.floor(lines * 0.5)] * 1000,
    p99Us: sorted[Math.floor(lines * 0.99)] * 1000,
    cpuUsPerLine: (user + system) / lines,
    rssMiB: maxRSS / 1024,
  }),
);
process.exit();
