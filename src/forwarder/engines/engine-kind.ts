import type { Engine } from "./engine.ts";
import type { Compression } from "./packing.ts";

/** A stream to be created where it doesn't exist. */
export interface StreamPlan {
  readonly replicas: number;
  /** Oldest age that is kept, milliseconds; 0 for any. */
  readonly maxAgeMs: number;
  /** Most bytes that are kept; -1 for any number. */
  readonly maxBytes: number;
}

/** Who connects, and whom it trusts. What is undefined isn't needed. */
export interface Credentials {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** A JWT and its seed, as in a credentials file of NATS. */
  readonly creds?: Uint8Array;
  readonly nkey?: Uint8Array;
  /** Of HTTP requests. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

/** Options that say whom an encrypted connection trusts, and who connects. */
export const TLS_OPTIONS = ["--tls-ca", "--tls-cert", "--tls-key"] as const;

/** What a user said beside the engine's address. */
export interface EngineSettings {
  /** This machine's name in what is sent. */
  readonly host: string;
  readonly stream: string | undefined;
  /** With `{host}` for the host. */
  readonly subject: string | undefined;
  /** Nobody else writes to the stream. */
  readonly isExclusive: boolean;
  readonly createStream: StreamPlan | undefined;
  readonly credentials: Credentials;
  readonly compression: Compression | undefined;
  /** The program whose lines these are. */
  readonly service: string;
  /** How long the answer to a request may take. */
  readonly timeoutMs: number;
  /** Where a dry run writes. */
  readonly output: NodeJS.WritableStream;
}

/** How an engine is used with these settings. */
export interface EnginePlan {
  /** What the checkpoint is about: the place, whichever way it is reached. */
  readonly target: string;
  readonly isRemembered: boolean;
  /** Makes a connection, which isn't open yet. */
  connect(): Engine;
}

/** One kind of engine, by the scheme of its address. */
export interface EngineKind {
  /** For help texts: `nats://host:4222`. */
  readonly syntax: string;
  /** Which it takes of the options that not every engine takes: `--stream`. Another one's would be without effect. */
  readonly options: readonly string[];
  /** @throws OperationalError USAGE, ADDRESS_INVALID */
  plan(to: string, settings: EngineSettings): EnginePlan;
}
