import { Backoff } from "../../src/forwarder/backoff.ts";
import type { Refusal } from "../../src/forwarder/engines/engine.ts";
import type { EnginePlan } from "../../src/forwarder/engines/engine-kind.ts";
import { planEngine } from "../../src/forwarder/engines/engines.ts";
import { Forwarder, type Forwarding } from "../../src/forwarder/forwarder.ts";
import { forwarderOptions } from "./memory-forwarding.ts";
import type { OtlpServer, ReceivedRequest, Reply } from "./otlp-server.ts";

/** What a forwarder reported. */
interface Report {
  readonly waiting: string[];
  readonly warned: string[];
  readonly rejected: Refusal[];
}

/** Makes connections to a server, as the command does. */
export function planFor(server: OtlpServer, timeoutMs = 10_000): EnginePlan {
  return planEngine(`otlp+${server.url}`, {
    host: "h",
    service: "s",
    timeoutMs,
    stream: undefined,
    subject: undefined,
    isExclusive: false,
    createStream: undefined,
    credentials: {},
    compression: undefined,
    output: process.stdout,
  });
}

/** Forwards a file to its end, by default four lines per block. */
export async function forward(
  path: string,
  server: OtlpServer,
  { timeoutMs, blockBytes = 4 * lineOf(0).length }: { timeoutMs?: number; blockBytes?: number } = {},
): Promise<Forwarding & { readonly report: Report }> {
  const report: Report = { waiting: [], warned: [], rejected: [] };
  const options = forwarderOptions(path, planFor(server, timeoutMs).connect);
  const forwarding = await new Forwarder({
    ...options,
    target: "otlp",
    blockBytes,
    backoff: new Backoff({ min: 1, max: 2 }),
    events: {
      ...options.events,
      waiting: (reason) => void report.waiting.push(reason),
      warned: (message) => void report.warned.push(message),
      rejected: (refusal) => void report.rejected.push(refusal),
    },
  }).run();
  return { ...forwarding, report };
}

export function lineOf(n: number): string {
  return `{"n":${1000 + n}}\n`;
}

export function lines(count: number): string {
  return Array.from({ length: count }, (_, n) => lineOf(n)).join("");
}

/** These replies first, and then success. */
export function firstly(...replies: Reply[]): () => Reply {
  return () => replies.shift() ?? { status: 200 };
}

/** Refuses requests with one of these lines. */
export function refusing(...refused: number[]): (request: ReceivedRequest) => Reply {
  const isRefused = ({ text }: ReceivedRequest): boolean => refused.some((n) => text.includes(`"${1000 + n}"`));
  return (request) => (isRefused(request) ? { status: 400, body: { message: "bad line" } } : { status: 200 });
}
