import { refuseNoEndpoint } from "../addresses/named-endpoint.ts";
import { refuseUnless, refuseUnlessObject } from "../core/argument.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import {
  DESCRIPTORS_RESERVED,
  LINE_BYTES_MAX_DEFAULT,
  QUEUE_BYTES_MAX_DEFAULT,
  SYNC_INTERVAL_MS_DEFAULT,
  UDP_RECEIVE_BUFFER_BYTES,
} from "../core/limits.ts";
import { orList } from "../core/word-list.ts";
import { descriptorsLeft } from "../os/descriptor-limit.ts";
import type { LineCheck } from "../records/line-checker.ts";
import type { Durability } from "../sink/durability.ts";
import { NO_ROTATION, type RotationPlan } from "../sink/rotation.ts";
import { isStandardOutput } from "../sink/standard-output.ts";
import { transportOf } from "../transports/registry.ts";
import { type AggregateEvents, Aggregator } from "./aggregator.ts";
import { type InheritedDescriptor, inheritedEndpoints, matchInherited } from "./inherited-endpoints.ts";
import { listeningEndpoints, openDefaultDirectory } from "./listening-endpoints.ts";
import { refuseContradictions } from "./output-contradictions.ts";
import { type ProtectionOptions, protectionOf } from "./protection.ts";
import { SENDER_RULES, type SenderOptions, senderSettings } from "./sender-options.ts";
import { type SocketOptions, socketAccess } from "./socket-access.ts";

/** Options that have a default, which is in AGGREGATOR_DEFAULTS. */
interface Tunable {
  /** Permissions of a new output file. */
  readonly mode: number;
  readonly durability: Durability;
  /** When the output refuses lines: keep them and let senders wait, or fail with OUTPUT_REFUSED. */
  readonly onFull: "wait" | "exit";
  /** What a line must be to be stored unwrapped: a JSON object, `{…}`, or anything. */
  readonly check: LineCheck;
  /** Longest line stored, in bytes without its LF. */
  readonly lineBytesMax: number;
  /** Most bytes of memory for lines that wait for the file. */
  readonly queueBytesMax: number;
  /** Bytes of receive buffer to ask for on udp. */
  readonly receiveBufferBytes: number;
  /** `balanced`: while it is busy, the thread sleeps up to 0.5 ms per iteration of its event loop. `low`: never. */
  readonly latency: "balanced" | "low";
}

type Optional<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

export interface AggregatorOptions extends Optional<Tunable>, ProtectionOptions {
  /** Where to listen: `transport[=address]`, as the command takes them, or endpoints. */
  readonly listen: readonly (string | Endpoint)[];
  /**
   * Sockets and FIFOs that another program opened. Each has to be one of the endpoints of `listen`, which is then not
   * bound again. Where `listen` is empty, the aggregator listens on all of them. It leaves them as they are, with what
   * waits in them when it stops.
   */
  readonly inherited?: readonly InheritedDescriptor[] | undefined;
  /** The file that lines are appended to; `-` is standard output. */
  readonly output: string;
  readonly rotation?: Optional<RotationPlan> | undefined;
  /** Permissions, owner and group of sockets and FIFOs; default: only the aggregator's own user may use them. */
  readonly socket?: SocketOptions | undefined;
  /** Who may send and how much, and whether records say who sent them; default: no limit, and nobody is asked. */
  readonly senders?: SenderOptions | undefined;
  /**
   * Most connections at once, over all unixsock and tcp endpoints, which get equal shares. Default: as many as the
   * process's descriptor limit allows.
   */
  readonly connectionsMax?: number | undefined;
  /**
   * Where default addresses come from (XDG_RUNTIME_DIR). Pass process.env to listen where the commands look by default.
   */
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Called when something happens. None may throw. */
  readonly events?: Partial<AggregateEvents> | undefined;
}

export const AGGREGATOR_DEFAULTS: Tunable = {
  mode: 0o600,
  durability: { mode: "interval", intervalMs: SYNC_INTERVAL_MS_DEFAULT },
  onFull: "wait",
  check: "json",
  lineBytesMax: LINE_BYTES_MAX_DEFAULT,
  queueBytesMax: QUEUE_BYTES_MAX_DEFAULT,
  receiveBufferBytes: UDP_RECEIVE_BUFFER_BYTES,
  latency: "balanced",
};

const SILENT: AggregateEvents = {
  repaired() {},
  listening() {},
  httpRequest() {},
  stalled() {},
  readerGone() {},
  refused() {},
  handshakeFailed() {},
  certificatesRenewed() {},
  certificatesKept() {},
  rotated() {},
  reopened() {},
  suspect() {},
  removed() {},
  spaceShort() {},
  problem() {},
  checkpointUnusable() {},
};

/**
 * Opens the output, listens on every endpoint, and stores what arrives until close(). Resolves when senders can
 * connect.
 *
 * @throws OperationalError USAGE for options that contradict each other or can't be used; or the error with which an
 *   address, the output or a listener failed
 */
export async function createAggregator(options: AggregatorOptions): Promise<Aggregator> {
  refuseUntyped(options);
  const rotation = { ...NO_ROTATION, ...options.rotation, compress: options.rotation?.compress === true };
  refuseContradictions({ ...options, rotation });
  const settings = { ...AGGREGATOR_DEFAULTS, ...unsynced(options.output), ...present(options) };
  const { lineBytesMax, queueBytesMax, receiveBufferBytes } = settings;
  refuseUnusable({ lineBytesMax, queueBytesMax, receiveBufferBytes, connectionsMax: options.connectionsMax ?? 1 });
  refuseUnknown(settings);
  const descriptors = inheritedEndpoints(options.inherited ?? []);
  const isNamed = options.listen.length > 0 || descriptors.size === 0;
  const endpoints = listeningEndpoints(isNamed ? options.listen : [...descriptors.keys()], options.environment ?? {});
  const inherited = matchInherited(endpoints, descriptors);
  const transports = endpoints.map(({ transport }) => transport);
  const connectionsMax = connectionsOfEach(endpoints, options.connectionsMax);
  const access = socketAccess(options.socket, transports);
  const protection = protectionOf(options, transports);
  const own = endpoints.filter((endpoint) => !inherited.has(endpoint));
  openDefaultDirectory(own, access, options.environment ?? {});
  const rules = senderSettings(options.senders, { transports, check: settings.check });
  const isThrottled = settings.latency === "balanced";
  return Aggregator.start(
    { ...settings, ...rules, rotation, endpoints, inherited, access, protection, connectionsMax, isThrottled },
    { ...SILENT, ...options.events },
  );
}

/** The share of one endpoint. @throws OperationalError USAGE when there are too few connections for all endpoints */
function connectionsOfEach(endpoints: readonly Endpoint[], asked: number | undefined): number {
  const sharers = endpoints.filter((endpoint) => transportOf(endpoint).traits.channel === "peer").length;
  if (asked !== undefined && asked < sharers) {
    const fact = `connectionsMax is ${asked} with ${sharers} endpoints that have connections`;
    throw new OperationalError("USAGE", `${fact}; pass at least ${sharers}`);
  }
  const total = asked ?? descriptorsLeft() - DESCRIPTORS_RESERVED;
  return Math.max(1, Math.floor(total / Math.max(1, sharers)));
}

/** Standard output can't be synced. */
function unsynced(output: string): Partial<Tunable> {
  return isStandardOutput(output) ? { durability: { mode: "none" } } : {};
}

/** The options that are not undefined. */
function present(options: AggregatorOptions): Omit<AggregatorOptions, keyof Tunable> & Partial<Tunable> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as AggregatorOptions & Partial<Tunable>;
}

/** For programs that are not type-checked. */
function refuseUntyped(options: AggregatorOptions): void {
  refuseUnlessObject({ name: "options", value: options, wanted: "an object with listen and output" });
  const { listen, output, rotation = {}, durability = {}, events = {}, socket = {}, senders = {} } = options;
  const wanted = "an array of transports or endpoints";
  refuseUnless(Array.isArray(listen), { name: "listen", value: listen, wanted });
  for (const [at, endpoint] of listen.entries()) refuseNoEndpoint(`listen[${at}]`, endpoint);
  const isText = typeof output === "string" && output !== "";
  refuseUnless(isText, { name: "output", value: output, wanted: 'a path, or "-" for standard output' });
  for (const [name, value] of Object.entries({ rotation, durability, events, socket, senders })) {
    refuseUnlessObject({ name, value, wanted: "an object" });
  }
  refuseUntypedSenders(senders);
  for (const [at, { fd }] of (options.inherited ?? []).entries()) {
    refuseUnless(Number.isSafeInteger(fd), { name: `inherited[${at}].fd`, value: fd, wanted: "a descriptor" });
  }
}

/** A misspelt rule would let everybody send. */
function refuseUntypedSenders(senders: SenderOptions): void {
  for (const rule of Object.keys(senders)) {
    const wanted = orList(SENDER_RULES);
    refuseUnless((SENDER_RULES as readonly string[]).includes(rule), {
      name: "a rule of senders",
      value: rule,
      wanted,
    });
  }
  for (const [name, value] of Object.entries({ allowUids: senders.allowUids, allowGids: senders.allowGids })) {
    const isUsable = value === undefined || Array.isArray(value);
    refuseUnless(isUsable, { name: `senders.${name}`, value, wanted: "an array of names or numbers" });
  }
}

/** For programs that are not type-checked: a misspelt word must not mean the opposite of what was asked for. */
function refuseUnknown({ durability, onFull, check, latency }: Tunable): void {
  for (const [name, word, words] of [
    ["durability.mode", durability.mode, ["none", "interval", "ack"]],
    ["onFull", onFull, ["wait", "exit"]],
    ["check", check, ["json", "shape", "none"]],
    ["latency", latency, ["balanced", "low"]],
  ] as const) {
    if ((words as readonly unknown[]).includes(word)) continue;
    throw new OperationalError("USAGE", `${name} is ${word}; pass ${orList(words)}`);
  }
  if (durability.mode === "interval" && !(durability.intervalMs > 0)) {
    throw new OperationalError("USAGE", `durability.intervalMs is ${durability.intervalMs}; pass milliseconds above 0`);
  }
}

function refuseUnusable(counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count > 0) continue;
    throw new OperationalError("USAGE", `${name} is ${count}; pass a whole number of at least 1`);
  }
}
