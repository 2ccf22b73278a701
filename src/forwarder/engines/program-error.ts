/** What JavaScript and Node throw where a program is wrong. A failed connection and a server's answer are none of these. */
const KINDS = [TypeError, RangeError, ReferenceError] as const;

/** Whether an error shows a bug of a program rather than a failure of a connection or an engine. Trying again is no use then. */
export function isProgramError(error: unknown): boolean {
  return KINDS.some((kind) => error instanceof kind);
}
