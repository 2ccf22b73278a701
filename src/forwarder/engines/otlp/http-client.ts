import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, Agent as SecureAgent } from "node:https";
import type { Credentials } from "../engine-kind.ts";

/** Of an answer, this much is read: enough for a message about each line of a block. */
const ANSWER_BYTES_MAX: number = 1024 * 1024;

export interface HttpClientOptions extends Pick<Credentials, "tls"> {
  readonly url: URL;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** From the request's first byte to the answer's last. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  readonly body: string;
  /** Whether the body is all that the server has sent. Otherwise it is the beginning of a longer one. */
  readonly isWhole: boolean;
}

/**
 * Sends POST requests over one connection, which is kept. Redirects are not followed. Node's fetch() would do, if it could be
 * given a certificate authority.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #agent: Agent;
  #pending: ClientRequest | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const kept = { keepAlive: true, maxSockets: 1 };
    this.#agent = options.url.protocol === "https:" ? new SecureAgent({ ...kept, ...options.tls }) : new Agent(kept);
  }

  /** One at a time. @throws system and TLS errors; ETIMEDOUT when there is no answer in time */
  async post(body: Buffer): Promise<HttpAnswer> {
    const { url, headers, timeoutMs } = this.#options;
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const request = send(url, {
      method: "POST",
      agent: this.#agent,
      headers: { ...headers, "content-length": body.length },
    });
    this.#pending = request;
    const error = Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" });
    const timer = setTimeout(() => request.destroy(error), timeoutMs);
    try {
      return await new Promise<HttpAnswer>((resolve, reject) => {
        request.on("error", reject);
        request.on("response", (response) => readAnswer(response).then(resolve, reject));
        request.end(body);
      });
    } finally {
      clearTimeout(timer);
      this.#pending = undefined;
    }
  }

  /** Ends a request that is unanswered. Idempotent. */
  close(): void {
    this.#pending?.destroy(new Error("the connection is closed"));
    this.#agent.destroy();
  }
}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) break;
  }
  const { statusCode = 0, headers } = response;
  const body = Buffer.concat(chunks).toString();
  const isWhole = bytes <= ANSWER_BYTES_MAX;
  return { status: statusCode, retryAfter: headers["retry-after"], location: headers.location, body, isWhole };
}
