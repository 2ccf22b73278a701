import inspector from "node:inspector";

/** Options with which a user asks Node for its debugger, or for modules of their own, which may have opened it. */
const ASKED = /(^|\s)(--inspect(-brk|-wait)?|--require|-r|--import)(=|\s|$)/;

/**
 * Closes a debugger that nobody asked for: its port lets any local user run code as this user. Node blocks SIGUSR1 in its
 * first milliseconds. It handles the signal before the first statement of a command can install a listener, and opens its
 * debugger (PlatformInit in src/node.cc, StartDebugSignalHandler in src/inspector_agent.cc).
 */
export function closeStrayDebugger(): void {
  if (inspector.url() === undefined) return;
  const options = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""];
  if (!options.some((option) => ASKED.test(option))) inspector.close();
}
