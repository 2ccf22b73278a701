import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:tls";
import { formatAddress } from "../../src/core/endpoint.ts";
import type { AggregatorProcess } from "./aggregator-process.ts";
import { Authority, type IssuedFiles } from "./authority.ts";

/** An authority, and files of a listener and of a sender. */
export class TlsScene {
  readonly authority: Authority = new Authority("authority");
  readonly own: IssuedFiles = this.authority.issue("first");
  readonly #sender = this.authority.issue("sender");

  /** Options of an aggregator. */
  get listening(): string[] {
    return ["--tls-cert", this.own.cert, "--tls-key", this.own.key, "--tls-ca", this.authority.cert];
  }

  /** Options of a producer. */
  get sending(): string[] {
    return ["--tls-ca", this.authority.cert, "--tls-cert", this.#sender.cert, "--tls-key", this.#sender.key];
  }

  /** The name in the certificate that a new connection gets. */
  async nameAt(aggregator: AggregatorProcess): Promise<string | undefined> {
    const [host, port] = addressOf(aggregator).split(":");
    const files = { cert: readFileSync(this.#sender.cert), key: readFileSync(this.#sender.key) };
    const socket = connect({ host, port: Number(port), ca: readFileSync(this.authority.cert), ...files });
    await once(socket, "secureConnect");
    const name = socket.getPeerCertificate().subject.CN;
    socket.resume().end();
    await once(socket, "close");
    return String(name);
  }

  /** Runs a foreign program that sends its standard input. @returns its exit status */
  async runForeign(command: string, args: readonly string[], input: string): Promise<number | null> {
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(input);
    const [status] = await once(child, "close");
    return status;
  }

  /** What openssl and socat need, in the order authority, certificate, key. */
  get senderFiles(): readonly [string, string, string] {
    return [this.authority.cert, this.#sender.cert, this.#sender.key];
  }
}

/** Where it listens with tcp. */
export function addressOf(aggregator: AggregatorProcess): string {
  return formatAddress(aggregator.endpoint("tcp"));
}
