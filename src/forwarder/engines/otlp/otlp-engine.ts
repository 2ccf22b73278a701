import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { errnoOf } from "../../../core/errors.ts";
import { type Block, type Engine, EngineError, type Opened, type Refusal, type Sent, type Stored } from "../engine.ts";
import { isTlsError } from "../tls-error.ts";
import { type Verdict, verdictOf } from "./answer.ts";
import { EMPTY_REQUEST, type LineRange, linesOf, RequestEncoder, type Resource } from "./export-request.ts";
import { HttpClient, type HttpClientOptions } from "./http-client.ts";

/** What OTLP recommends as the limit of a request before compression. */
const REQUEST_BYTES_MAX: number = 20 * 1024 * 1024;
/** Longest block: with the names of its fields, a line becomes longer. */
const BLOCK_BYTES_MAX: number = 16 * 1024 * 1024;
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
  #previous: Promise<unknown> = Promise.resolve();
  #failure: EngineError | undefined;
  #sequence = 0;
  #hasAccepted = false;

  constructor(options: OtlpOptions) {
    const { url, headers, resource } = options;
    const own = { "content-type": "application/json", "content-encoding": "gzip", "user-agent": "log-aggregator" };
    this.#client = new HttpClient({ ...options, headers: { ...headers, ...own } });
    this.#encoder = new RequestEncoder(resource);
    this.#subject = `${url.origin}${url.pathname}`;
  }

  /** Sends a request without records. */
  async open(): Promise<Opened> {
    // A server that finds it invalid can be reached, and is asked about lines next.
    await this.#post(EMPTY_REQUEST);
    return { blockBytesMax: BLOCK_BYTES_MAX, lineBytesMax: BLOCK_BYTES_MAX, sequence: 0 };
  }

  send(block: Block): Promise<Sent> {
    const sent = this.#previous.then(() => this.#deliver(block));
    // What comes after a failure fails, too, by #failure.
    this.#previous = sent.catch(() => {});
    return sent;
  }

  /** Nobody knows. */
  stored(): Promise<Stored | undefined> {
    return Promise.resolve(undefined);
  }

  async close(): Promise<void> {
    this.#failure ??= new EngineError("retry", `${this.#subject}: the connection is closed`);
    this.#client.close();
  }

  async #deliver(block: Block): Promise<Sent> {
    const refusals: Refusal[] = [];
    try {
      const warning = await this.#deliverLines(block, linesOf(block), refusals);
      const refused = refusals.reduce((sum, { lines }) => sum + lines, 0);
      const isAllRefused = refused === block.lines;
      if (isAllRefused && refused >= REFUSED_LINES_MAX && !this.#hasAccepted) {
        const fact = `${this.#subject} refuses each line of a block, and has accepted none: ${refusals[0]?.message}`;
        throw new EngineError("giveUp", `${fact}; check that it takes logs as OTLP/JSON`);
      }
      this.#hasAccepted ||= !isAllRefused;
      return {
        sequence: isAllRefused ? undefined : ++this.#sequence,
        refusals,
        ...(warning === "" ? {} : { warning }),
      };
    } catch (error) {
      this.#failure ??= error instanceof EngineError ? error : undefined;
      throw error;
    }
  }

  /** Where lines are refused, they are halved, down to the single line that is the reason. @returns the server's warning */
  async #deliverLines(block: Block, lines: readonly LineRange[], refusals: Refusal[]): Promise<string> {
    const verdict = await this.#export(this.#encoder.encode(block, lines, Date.now()));
    const [first, last] = [lines[0], lines.at(-1)];
    if (first === undefined || last === undefined) return "";
    const where = {
      offset: block.offset + first.start,
      length: Math.min(last.end + 1, block.bytes.length) - first.start,
    };
    if (verdict.kind === "accepted") {
      const { rejected, message } = verdict;
      if (rejected === 0) return message;
      const named = lines.length === 1 ? "refused" : "unnamed";
      refusals.push({ reason: named, ...where, lines: Math.min(rejected, lines.length), message });
      return "";
    }
    if (lines.length === 1) {
      const { reason, message } = verdict;
      refusals.push({ reason, ...where, lines: 1, message });
      return "";
    }
    const half = Math.ceil(lines.length / 2);
    const warning = await this.#deliverLines(block, lines.slice(0, half), refusals);
    return (await this.#deliverLines(block, lines.slice(half), refusals)) || warning;
  }

  async #export(request: Buffer): Promise<OwnVerdict> {
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
      if (error instanceof EngineError) throw error;
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

/** With the reason of a refusal. */
type OwnVerdict =
  | Extract<Verdict, { kind: "accepted" }>
  | (Extract<Verdict, { kind: "refused" }> & Pick<Refusal, "reason">);
