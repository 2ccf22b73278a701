import { isMainThread } from "node:worker_threads";

/** The destinations that a listener of the process is for. All copies of this package find it in the same place. */
const OPEN = Symbol.for("log-aggregator.destinations");

type End = "exit" | "SIGTERM";

type Listener = NodeJS.SignalsListener & { readonly [OPEN]: Set<() => void> };

/**
 * Has the process call `end` when it exits: by process.exit(), by an error that nobody caught, at the end of its work,
 * and by a SIGTERM for which the program has no listener of its own. With one of its own, the program decides.
 *
 * @returns takes it back
 */
export function atExit(end: () => void): () => void {
  const events = isMainThread ? (["exit", "SIGTERM"] as const) : (["exit"] as const);
  for (const event of events) openAt(event).add(end);
  return () => {
    for (const event of events) forget(event, end);
  };
}

function openAt(event: End): Set<() => void> {
  const known = ourListener(event);
  if (known !== undefined) return known[OPEN];
  const open = new Set<() => void>();
  const listener = Object.assign(event === "exit" ? () => endAll(open) : () => endBySignal(open), { [OPEN]: open });
  process.on(event, listener);
  return open;
}

function endBySignal(open: Set<() => void>): void {
  // A program with a listener of its own continues, and exits by itself.
  if (!process.rawListeners("SIGTERM").every(isOurs)) return;
  endAll(open);
  process.kill(process.pid, "SIGTERM");
}

function endAll(open: Set<() => void>): void {
  for (const end of [...open]) end();
}

function forget(event: End, end: () => void): void {
  const listener = ourListener(event);
  if (listener === undefined) return;
  listener[OPEN].delete(end);
  if (listener[OPEN].size === 0) process.off(event, listener);
}

function ourListener(event: End): Listener | undefined {
  return process.rawListeners(event).find(isOurs);
}

function isOurs(listener: object): listener is Listener {
  return OPEN in listener;
}
