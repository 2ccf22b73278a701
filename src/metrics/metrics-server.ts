import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { formatAddress, type InetEndpoint } from "../core/endpoint.ts";
import { errnoOf, OperationalError } from "../core/errors.ts";
import { pidOfInetPort } from "../os/socket-owner.ts";

/** Scrapers at one time: there are one or two, and what they take is not missing for senders (DESCRIPTORS_RESERVED). */
const CONNECTIONS_MAX = 8;
/** A scraper sends a few hundred bytes. */
const HEADER_BYTES_MAX: number = 8 * 1024;
/** A request has to be complete, and an answer to be taken, within this time. */
const REQUEST_MS_MAX = 5000;
/** How often requests that take too long are looked for. */
const CHECK_MS = 1000;
/** The same text answers all requests within this time: a flood of them costs little more than its connections. */
const TEXT_MS = 250;

const PLAIN = "text/plain; charset=utf-8";

/** What a metrics server shows. */
export interface Shown {
  readonly contentType: string;
  /** The metrics. */
  text(): Promise<string>;
  /** Why the program isn't healthy, on one line; undefined while it is. */
  problem(): string | undefined;
}

/** Answers GET /metrics and GET /healthz. Connections, requests and their time are limited, and each ends its connection. */
export class MetricsServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #shown: Shown;
  #text: { readonly atMs: number; readonly text: Promise<string> } | undefined;
  #closing: Promise<void> | undefined;

  private constructor(shown: Shown) {
    this.#shown = shown;
    const limits = { headersTimeout: REQUEST_MS_MAX, requestTimeout: REQUEST_MS_MAX };
    const options = { ...limits, maxHeaderSize: HEADER_BYTES_MAX, connectionsCheckingInterval: CHECK_MS };
    this.#server = createServer(options, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = CONNECTIONS_MAX;
    // Also a connection on which nothing is sent, or whose answer nobody reads.
    this.#server.setTimeout(REQUEST_MS_MAX);
  }

  /** Listens. @throws OperationalError ADDRESS_IN_USE, ADDRESS_INVALID, ADDRESS_UNAVAILABLE, PERMISSION_DENIED */
  static async start(at: InetEndpoint, shown: Shown): Promise<MetricsServer> {
    const metrics = new MetricsServer(shown);
    await new Promise<void>((resolve, reject) => {
      metrics.#server.once("error", (error) => reject(listenError(at, error)));
      metrics.#server.listen(at.port, at.host, resolve);
    });
    metrics.#server.removeAllListeners("error");
    // What fails later (no descriptor is left) concerns one connection.
    metrics.#server.on("error", () => {});
    return metrics;
  }

  /** Where it listens: a numeric host and the real port. */
  get endpoint(): InetEndpoint {
    const { address, port } = this.#server.address() as AddressInfo;
    return { transport: "tcp", host: address, port };
  }

  /** Doesn't wait for scrapers. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #answer({ method, url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url.split("?", 1)[0];
    if (path !== "/metrics" && path !== "/healthz") send(response, 404, "there are /metrics and /healthz\n");
    else if (method !== "GET" && method !== "HEAD") {
      response.setHeader("Allow", "GET, HEAD");
      send(response, 405, "use GET or HEAD\n");
    } else if (path === "/healthz") {
      const problem = this.#shown.problem();
      send(response, problem === undefined ? 200 : 503, `${problem ?? "ok"}\n`);
    } else await this.#sendMetrics(response);
  }

  async #sendMetrics(response: ServerResponse): Promise<void> {
    try {
      const text = await this.#collected();
      response.setHeader("Content-Type", this.#shown.contentType);
      send(response, 200, text);
    } catch (error) {
      // A mistake in a metric must not end the program.
      send(response, 500, `the metrics can't be collected: ${String(error)}\n`);
    }
  }

  #collected(): Promise<string> {
    const now = performance.now();
    if (this.#text === undefined || now - this.#text.atMs >= TEXT_MS)
      this.#text = { atMs: now, text: this.#shown.text() };
    return this.#text.text;
  }
}

function send(response: ServerResponse, status: number, text: string): void {
  if (!response.hasHeader("Content-Type")) response.setHeader("Content-Type", PLAIN);
  response.setHeader("Connection", "close");
  response.setHeader("Content-Length", Buffer.byteLength(text));
  response.writeHead(status).end(text);
}

function listenError(at: InetEndpoint, cause: Error): Error {
  const where = `metrics ${formatAddress(at)}`;
  switch (errnoOf(cause)) {
    case "EADDRINUSE": {
      const pid = pidOfInetPort("tcp", at.port);
      const by = pid === undefined ? "another program" : `pid ${pid}`;
      return new OperationalError("ADDRESS_IN_USE", `${where} is served by ${by}; stop it or pass another address`, {
        cause,
      });
    }
    case "EADDRNOTAVAIL":
      return new OperationalError("ADDRESS_UNAVAILABLE", `${where} is not an address of this machine; pass another`, {
        cause,
      });
    case "EACCES":
      return new OperationalError(
        "PERMISSION_DENIED",
        `${where} needs a privilege (ports below 1024); pass a higher port`,
        { cause },
      );
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new OperationalError(
        "ADDRESS_INVALID",
        `${at.host} is not a known host; pass a name that resolves or a number`,
        { cause },
      );
    default:
      return cause;
  }
}
