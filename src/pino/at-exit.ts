import { isMainThread } from "node:worker_threads";

/** What is to be done at the end of a process. */
export interface EndActions {
  /** Nothing but listeners of `exit` run after it. */
  exit(): void;
  /** The process gets a SIGTERM, and ends if that is possible. */
  signal(): void;
}

/** The actions that a listener of the process is for. All copies of this package find it in the same place. */
const OPEN = Symbol.for("log-aggregator.destinations");

type End = "exit" | "SIGTERM";

type Listener = NodeJS.SignalsListener & { readonly [OPEN]: Set<EndActions> };

/**
 * Has the process call `actions` when it exits: by process.exit(), by an error that nobody caught, at the end of its
 * work, and by a SIGTERM for which the program has no listener of its own. With one of its own, the program decides.
 *
 * @returns takes it back
 */
export function atExit(actions: EndActions): () => void {
  const events: readonly End[] = isMainThread ? ["exit", "SIGTERM"] : ["exit"];
  for (const event of events) openAt(event).add(actions);
  return () => {
    for (const event of events) forget(event, actions);
  };
}

function openAt(event: End): Set<EndActions> {
  const known = ourListener(event);
  if (known !== undefined) return known[OPEN];
  const open = new Set<EndActions>();
  const run = (): void => {
    if (event === "SIGTERM") endBySignal(listener);
    else for (const actions of [...open]) actions.exit();
  };
  const listener: Listener = Object.assign(run, { [OPEN]: open });
  // First: a listener that was added by once() would be gone when it is looked for.
  if (event === "SIGTERM") process.prependListener(event, listener);
  else process.on(event, listener);
  return open;
}

function endBySignal(listener: Listener): void {
  // A program with a listener of its own continues, and exits by itself.
  if (!process.rawListeners("SIGTERM").every(isOurs)) return;
  for (const actions of [...listener[OPEN]]) actions.signal();
  process.off("SIGTERM", listener);
  process.kill(process.pid, "SIGTERM");
  // The first process of a container goes on: the kernel ignores a signal for which that one has no listener.
  setImmediate(() => process.prependListener("SIGTERM", listener));
}

function forget(event: End, actions: EndActions): void {
  const listener = ourListener(event);
  if (listener === undefined) return;
  listener[OPEN].delete(actions);
  if (listener[OPEN].size === 0) process.off(event, listener);
}

function ourListener(event: End): Listener | undefined {
  return process.rawListeners(event).find(isOurs);
}

function isOurs(listener: object): listener is Listener {
  return OPEN in listener;
}
