import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import type { AnyValue, KeyValue } from "../../src/forwarder/engines/otlp/any-value.ts";
import type { LogRecord } from "../../src/forwarder/engines/otlp/log-record.ts";

/** What becomes of a request with records. */
export type Reply =
  /** The records are stored. The body is `{}` unless another one is given. */
  | { readonly status: 200; readonly body?: unknown }
  /** They are not. */
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  /** They are stored, and the connection is reset in the middle of the answer. */
  | "resetAfterwards"
  /** They are not stored, and the connection is reset. */
  | "reset"
  /** They are stored, and there is no answer at all. */
  | "silent";

export interface ReceivedRequest {
  readonly headers: IncomingMessage["headers"];
  readonly url: string;
  readonly text: string;
  readonly records: readonly LogRecord[];
}

/** An OTLP/HTTP server for logs, which is as strict as the protocol's JSON mapping. Ended with its test. */
export class OtlpServer {
  /** All that had records. */
  readonly requests: ReceivedRequest[] = [];
  /** Stored, in order. */
  readonly records: LogRecord[] = [];
  /** Asked for each request with records. */
  reply: (request: ReceivedRequest) => Reply = () => ({ status: 200 });
  /** The answer to a request without records. */
  emptyStatus = 200;
  readonly #server: Server;

  private constructor(tls: ServerOptions | undefined) {
    const listener: RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
    onTestFinished(() => this.close());
  }

  static async start(tls?: ServerOptions, port = 0): Promise<OtlpServer> {
    const server = new OtlpServer(tls);
    await new Promise<void>((resolve) => server.#server.listen(port, "127.0.0.1", resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v1/logs`;
  }

  /** The lines that the records were made of, where they were texts or objects without a message. */
  get content(): string {
    return this.records.map((record) => `${lineOf(record)}\n`).join("");
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, url = "" } = request;
    const body = await buffer(request);
    if (headers["content-type"] !== "application/json" || headers["content-encoding"] !== "gzip") {
      return void response.writeHead(415).end();
    }
    const text = gunzipSync(body).toString();
    const records = recordsIn(text);
    if (records.length === 0) return void response.writeHead(this.emptyStatus, JSON_TYPE).end("{}");
    const received = { headers, url, text, records };
    this.requests.push(received);
    const fault = records.map(faultIn).find((found) => found !== undefined);
    this.#reply(
      response,
      received,
      fault === undefined ? this.reply(received) : { status: 400, body: { message: fault } },
    );
  }

  #reply(response: ServerResponse, { records }: ReceivedRequest, reply: Reply): void {
    if (reply === "reset") return void response.socket?.resetAndDestroy();
    if (typeof reply === "string" || reply.status === 200) this.records.push(...records);
    if (reply === "silent") return;
    if (reply === "resetAfterwards") {
      response.writeHead(200, { ...JSON_TYPE, "content-length": 100 });
      response.write("{", () => response.socket?.resetAndDestroy());
      return;
    }
    const headers = "headers" in reply ? reply.headers : {};
    response.writeHead(reply.status, { ...JSON_TYPE, ...headers }).end(JSON.stringify(reply.body ?? {}));
  }
}

const JSON_TYPE = { "content-type": "application/json" };

function recordsIn(text: string): LogRecord[] {
  const { resourceLogs }: { resourceLogs: { scopeLogs: { logRecords: LogRecord[] }[] }[] } = JSON.parse(text);
  return resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
}

/** By which duplicates are recognised. */
export function uidOf({ attributes }: LogRecord): string {
  const { value } = attributes.find(({ key }) => key === "log.record.uid") ?? { value: {} };
  return "stringValue" in value ? String(value.stringValue) : "";
}

function lineOf({ body }: LogRecord): string {
  return "stringValue" in body ? String(body.stringValue) : JSON.stringify(plainOf(body));
}

/** The value that an AnyValue stands for. */
function plainOf(value: AnyValue): unknown {
  if ("kvlistValue" in value)
    return Object.fromEntries(value.kvlistValue.values.map((pair) => [pair.key, plainOf(pair.value)]));
  if ("arrayValue" in value) return value.arrayValue.values.map(plainOf);
  if ("intValue" in value) return Number(value.intValue);
  if ("doubleValue" in value) return Number(value.doubleValue);
  return Object.values(value)[0] ?? null;
}

const UINT64 = /^\d{1,20}$/;
const INT64 = /^-?\d{1,19}$/;

/** Why a strict server can't take a record. */
function faultIn({
  timeUnixNano = "0",
  observedTimeUnixNano,
  severityNumber = 0,
  body,
  attributes,
}: LogRecord): string | undefined {
  if (![timeUnixNano, observedTimeUnixNano].every((nano) => typeof nano === "string" && UINT64.test(nano)))
    return "a time";
  if (!Number.isInteger(severityNumber) || severityNumber < 0 || severityNumber > 24) return "the severity";
  return isValid(body) && attributes.every(isPair) ? undefined : "a value";
}

function isPair({ key, value }: KeyValue): boolean {
  return typeof key === "string" && isValid(value);
}

function isValid(value: AnyValue): boolean {
  const [[kind, content] = [], ...more] = Object.entries(value);
  if (kind === undefined) return true;
  if (more.length > 0) return false;
  if (kind === "intValue") return typeof content === "string" && INT64.test(content);
  if (kind === "doubleValue") return typeof content === "number" || /^(NaN|-?Infinity)$/.test(String(content));
  if (kind === "boolValue") return typeof content === "boolean";
  if ("arrayValue" in value) return value.arrayValue.values.every(isValid);
  if ("kvlistValue" in value) return value.kvlistValue.values.every(isPair);
  return (kind === "stringValue" || kind === "bytesValue") && typeof content === "string";
}
