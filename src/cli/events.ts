import { printableJson } from "../core/printable.ts";

/** Writes one event for programs to read: one JSON object, one line, on stdout. */
export function printEvent(event: { readonly event: string } & Record<string, unknown>): void {
  process.stdout.write(`${printableJson(JSON.stringify(event))}\n`);
}
