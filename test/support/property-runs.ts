/** `npm run test:all` asks for five times as many runs as `npm test`; a search for a rare bug may ask for more. */
export const PROPERTY_FACTOR: number = Number(process.env["PROPERTY_FACTOR"] ?? "1");

/** The time limit also ends the search for a smaller counterexample. */
export function runs(count: number): { readonly numRuns: number; readonly interruptAfterTimeLimit: number } {
  return { numRuns: count * PROPERTY_FACTOR, interruptAfterTimeLimit: 10_000 };
}
