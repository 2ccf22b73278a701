import inspector from "node:inspector";

/** Options by which somebody asked Node for its debugger, or for modules of theirs, which may have opened it. */
const ASKED = /(^|\s)(--inspect(-brk|-wait)?|--require|-r|--import)(=|\s|$)/;

/**
 * Closes a debugger that nobody asked for: its port lets any local user run code as this one. Node blocks SIGUSR1 in its
 * first milliseconds and later takes it, before the first statement of a command can say otherwise, as the wish for a
 * debugger (PlatformInit in src/node.cc, StartDebugSignalHandler in src/inspector_agent.cc).
 */
export function closeStrayDebugger(): void {
  if (inspector.url() === undefined) return;
  const options = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""];
  if (!options.some((option) => ASKED.test(option))) inspector.close();
}
