import { OperationalError } from "../core/errors.ts";
import type { TransportName } from "../core/transport-name.ts";
import { groupId, userId } from "../os/accounts.ts";
import type { LineCheck } from "../records/line-checker.ts";
import type { AdmissionRules } from "./admission.ts";
import type { SenderRules } from "./sender-lines.ts";

/** What senders may do, and what is recorded of them. */
export interface SenderOptions {
  /** Users and groups that may send, by name or number; a sender needs one of them. Default: everybody who can. */
  readonly allowUids?: readonly (string | number)[] | undefined;
  readonly allowGids?: readonly (string | number)[] | undefined;
  /** Most connections of one user (unixsock) or from one host (tcp). */
  readonly connectionsMax?: number | undefined;
  /** Most lines per second of one user, from one host, or where neither is known, of all senders of an endpoint. */
  readonly linesPerSecondMax?: number | undefined;
  /** Whether each record gets `_trusted`: who sent it, as the kernel says. */
  readonly trustedFields?: boolean | undefined;
}

export const SENDER_RULES: readonly (keyof SenderOptions)[] = [
  "allowUids",
  "allowGids",
  "connectionsMax",
  "linesPerSecondMax",
  "trustedFields",
];

/** The rules that the options ask for; undefined where they ask for nothing, so that nothing is done. */
export interface SenderSettings {
  readonly admission: AdmissionRules | undefined;
  readonly senders: SenderRules | undefined;
}

/** Transports on which the kernel knows the sender's user. */
const VOUCHED: readonly TransportName[] = ["unixsock", "unixgram"];

/** @throws OperationalError USAGE for unknown names, unusable numbers, and rules that a transport can't keep */
export function senderSettings(
  options: SenderOptions | undefined,
  { transports, check }: { transports: readonly TransportName[]; check: LineCheck },
): SenderSettings {
  const { allowUids, allowGids, connectionsMax, linesPerSecondMax, trustedFields = false } = options ?? {};
  const isRestricted = allowUids !== undefined || allowGids !== undefined;
  const unknown = transports.find((name) => !VOUCHED.includes(name));
  if (isRestricted && unknown !== undefined) {
    throw usage(`users and groups are known on unixsock and unixgram only; omit ${unknown}, or allow everybody`);
  }
  if (trustedFields && check !== "json") {
    throw usage(`trusted fields need records that are JSON objects, and the check is ${check}; choose json`);
  }
  refuseUnusable({ connectionsMax, linesPerSecondMax });
  const uids = allowUids && idsOf("user", allowUids, userId);
  const gids = allowGids && idsOf("group", allowGids, groupId);
  const isAdmitting = isRestricted || connectionsMax !== undefined;
  return {
    admission: isAdmitting ? { uids, gids, connectionsPerSenderMax: connectionsMax } : undefined,
    senders: trustedFields || linesPerSecondMax ? { stamps: trustedFields, linesPerSecondMax } : undefined,
  };
}

function idsOf(
  kind: "user" | "group",
  names: readonly (string | number)[],
  find: (name: string) => number | undefined,
): ReadonlySet<number> {
  return new Set(names.map((name) => idOf(kind, name, find)));
}

/** @throws OperationalError USAGE */
export function idOf(
  kind: "user" | "group",
  name: string | number,
  find: (name: string) => number | undefined,
): number {
  const id = find(String(name));
  if (id !== undefined) return id;
  throw usage(`"${name}" is not a ${kind} in /etc/${kind === "user" ? "passwd" : "group"}; pass another, or a number`);
}

function refuseUnusable(counts: Readonly<Record<string, number | undefined>>): void {
  for (const [name, count = 1] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count > 0) continue;
    throw usage(`${name} is ${count}; pass a whole number of at least 1`);
  }
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
