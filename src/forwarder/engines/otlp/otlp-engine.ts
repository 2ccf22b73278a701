import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { errnoOf } from "../../../core/errors.ts";
import {
  type Acknowledged,
  type Block,
  type Engine,
  EngineError,
  type Opened,
  type Sent,
  type Stored,
} from "../engine.ts";
import { isProgramError } from "../program-error.ts";
import { isTlsError } from "../tls-error.ts";
import { type Verdict, verdictOf } from "./answer.ts";
import type { Delivery, LinesVerdict, ServerKnowledge } from "./delivery.ts";
import { EMPTY_REQUEST, RequestEncoder, type Resource } from "./export-request.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";

/** What OTLP recommends as the limit of a request before compression. */
const REQUEST_BYTES_MAX: number = 20 * 1024 * 1024;
/** Longest block of several lines: a request is made in one go, takes several times its memory, and is sent again as a whole. */
const BLOCK_BYTES_MAX: number = 1024 * 1024;
/** Longest line: with the names of its fields, it becomes longer. */
const LINE_BYTES_MAX: number = 16 * 1024 * 1024;
/** A server that refuses all of so many lines, and has accepted none, refuses something else. */
const REFUSED_LINES_MAX = 10;
/** Level 6 takes three times as long and makes requests a quarter shorter (measured with 226 KB of pino's lines). */
const GZIP_LEVEL = 1;

const compress: (bytes: Buffer, options: { level: number }) => Promise<Buffer> = promisify(gzip);

export interface OtlpOptions extends HttpClientOptions {
  readonly resource: Resource;
}

/**
 * Requests to an OTLP/HTTP server, one after the other, so that blocks arrive in order. OTLP can't be asked what a server has,
 * and knows no message ids: a block whose answer is lost is sent again, and may then be there twice.
 */
export class OtlpEngine implements Engine {
  readonly #client: HttpClient;
  readonly #encoder: RequestEncoder;
  readonly #subject: string;
  readonly #known: ServerKnowledge;
  #previous: Promise<unknown> = Promise.resolve();
  /** Of any kind: what comes after it must not be sent before it is sent again. */
  #failure: unknown;
  #sequence = 0;

  /** @param known what the connections to a server share */
  constructor(options: OtlpOptions, known: ServerKnowledge) {
    const { url, headers, resource } = options;
    this.#known = known;
    const own = { "content-type": "application/json", "content-encoding": "gzip", "user-agent": "log-aggregator" };
    this.#client = new HttpClient({ ...options, headers: { ...headers, ...own } });
    this.#encoder = new RequestEncoder(resource);
    this.#subject = `${url.origin}${url.pathname}`;
  }

  /** Sends a request without records. */
  async open(): Promise<Opened> {
    // A server that finds it invalid can be reached, and is asked about lines next.
    await this.#post(EMPTY_REQUEST);
    return { blockBytesMax: BLOCK_BYTES_MAX, lineBytesMax: LINE_BYTES_MAX, sequence: 0 };
  }

  send(block: Block): Promise<Sent> {
    const sent = this.#previous.then(() => this.#deliver(block));
    // What comes after a failure fails, too, by #failure.
    this.#previous = sent.catch(() => {});
    return sent;
  }

  /** Nobody knows. A block with a number has been acknowledged. */
  stored({ sequence }: Acknowledged): Promise<Stored | undefined> {
    this.#known.hasAccepted ||= sequence > 0;
    return Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    this.#failure ??= new EngineError("retry", `${this.#subject}: the connection is closed`);
    this.#client.close();
  }

  async #deliver(block: Block): Promise<Sent> {
    // The delivery of an earlier block was interrupted, and goes on over another connection.
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const delivery = this.#known.deliveryOf(block);
      for (let lines = delivery.next; lines !== undefined; lines = delivery.next)
        delivery.answered(await this.#export(this.#encoder.encode(block, lines, Date.now())));
      return this.#sentOf(block, delivery);
    } catch (error) {
      this.#failure ??= error;
      throw error;
    }
  }

  #sentOf(block: Block, { refusals, warning }: Delivery): Sent {
    const refused = refusals.reduce((sum, { lines }) => sum + lines, 0);
    const isAllRefused = refused === block.lines;
    if (isAllRefused && refused >= REFUSED_LINES_MAX && !this.#known.hasAccepted) {
      const fact = `${this.#subject} refuses each line of a block, and has accepted none: ${refusals[0]?.message}`;
      throw new EngineError("giveUp", `${fact}; check that it takes logs as OTLP/JSON`);
    }
    this.#known.hasAccepted ||= !isAllRefused;
    const sequence = isAllRefused ? undefined : ++this.#sequence;
    return { sequence, refusals, ...(warning === "" ? {} : { warning }) };
  }

  async #export(request: Buffer): Promise<LinesVerdict> {
    if (request.length > REQUEST_BYTES_MAX) {
      const message = `a request of one line has ${request.length} bytes, and may have ${REQUEST_BYTES_MAX}`;
      return { kind: "refused", reason: "tooLong", message };
    }
    const verdict = await this.#post(request);
    return verdict.kind === "refused" ? { ...verdict, reason: "refused" } : verdict;
  }

  /** @throws EngineError */
  async #post(request: Buffer): Promise<Verdict> {
    const body = await compress(request, { level: GZIP_LEVEL });
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return verdictOf(await this.#client.post(body), this.#subject);
    } catch (error) {
      if (error instanceof EngineError || isProgramError(error)) throw error;
      throw this.#failureOf(error);
    }
  }

  #failureOf(error: unknown): EngineError {
    const reason = (error instanceof Error && error.message) || errnoOf(error) || String(error);
    if (!isTlsError(error)) return new EngineError("retry", `${this.#subject}: ${reason}`, { cause: error });
    const remedy = "check --tls-ca, --tls-cert and the server's name";
    return new EngineError("giveUp", `${this.#subject}: the TLS certificates don't fit (${reason}); ${remedy}`);
  }
}
