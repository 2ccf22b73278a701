import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { KernelTransport } from "./kernel-transport.ts";

/** What was measured, and whether the claim's statement agrees with it. */
export interface Finding {
  readonly isTrue: boolean;
  /** What was counted, in one sentence without a full stop. */
  readonly evidence: string;
}

/** A statement about the transports of this machine's kernel, with its measurement. docs/trade-offs.md explains each. */
export interface Claim {
  /** Names the claim for good, such as "fifo-atomic". */
  readonly id: string;
  readonly statement: string;
  /** What the documents of the Go original say instead. */
  readonly original?: string;
  /** @throws NotMeasurable where this machine can't show it */
  measure(open: OpenTransport): Finding | Promise<Finding>;
}

/** Opens a transport in a new directory. It is closed after the measurement. */
export type OpenTransport = (name: TransportName) => KernelTransport;

/** Why a claim can't be measured on this machine. */
export class NotMeasurable extends Error {}

export type ClaimResult = Pick<Claim, "id" | "statement" | "original"> &
  (
    | { readonly verdict: "pass" | "fail"; readonly evidence: string }
    | { readonly verdict: "not measured"; readonly reason: string }
  );

/** Measures one claim. @throws what its measurement throws, except NotMeasurable */
export async function measureClaim(claim: Claim): Promise<ClaimResult> {
  const { id, statement, original } = claim;
  const about = { id, statement, ...(original === undefined ? {} : { original }) };
  const directory = mkdtempSync(join(tmpdir(), "claim-"));
  const opened: KernelTransport[] = [];
  try {
    const { isTrue, evidence } = await claim.measure((name) => {
      const transport = new KernelTransport(name, mkdtempSync(join(directory, "t-")));
      opened.push(transport);
      return transport;
    });
    return { ...about, verdict: isTrue ? "pass" : "fail", evidence };
  } catch (error) {
    if (error instanceof NotMeasurable) return { ...about, verdict: "not measured", reason: error.message };
    throw error;
  } finally {
    for (const transport of opened) transport[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  }
}

/** The same claim about several transports. */
export function forEach(names: readonly TransportName[], claim: (name: TransportName) => Claim): Claim[] {
  return TRANSPORT_NAMES.filter((name) => names.includes(name)).map(claim);
}
