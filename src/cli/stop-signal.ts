/**
 * Resolves at the first SIGINT or SIGTERM, and when the terminal is lost. A second SIGINT or SIGTERM ends the process
 * immediately, for users who can't wait.
 *
 * @param lost of a TerminalWatch; without it SIGHUP ends the process, as it ends any program
 */
export function stopSignal(lost?: Promise<void>): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      resolve(signal);
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    // A program that closes a terminal may also send SIGTERM, which then is the first and not the second.
    void lost?.then(() => resolve("SIGHUP"));
  });
}
