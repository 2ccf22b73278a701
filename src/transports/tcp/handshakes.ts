import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { ListenerCertificates, TlsSettings } from "../../core/certificates.ts";
import { errnoOf } from "../../core/errors.ts";
import { TLS_HANDSHAKES_MAX } from "../../core/limits.ts";
import { openDescriptorOf } from "../../os/socket-options.ts";

/** What becomes of one handshake. */
interface Handshake {
  readonly fd: number;
  readonly socket: Socket;
  readonly deadline: NodeJS.Timeout;
  /** The socket decrypts what is read from it. */
  secured(socket: TLSSocket): void;
  failed(reason: string): void;
}

/** A connection whose handshake begins. */
export type Unsecured = Pick<Handshake, "fd" | "socket" | "secured" | "failed">;

/** The TLS handshakes of one listener. */
export class Handshakes {
  /** Called when another handshake may begin again. */
  onFree: () => void = () => {};
  readonly #handshakeMsMax: number;
  readonly #server: Server;
  readonly #pending = new Map<number, Handshake>();
  #asksForCertificates: boolean;

  constructor({ certificates, handshakeMsMax }: TlsSettings) {
    this.#handshakeMsMax = handshakeMsMax;
    this.#asksForCertificates = certificates.ca !== undefined;
    // It never listens: connections are accepted elsewhere, and handed to it as Node's documentation of its event
    // "connection" permits.
    this.#server = createServer({
      ...optionsOf(certificates),
      // Senders without a usable certificate are turned away below, where it is known why.
      requestCert: this.#asksForCertificates,
      rejectUnauthorized: false,
    });
    this.#server.on("secureConnection", (socket) => this.#secure(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#fail(socket, error));
  }

  /** Whether further connections have to wait until a handshake ends. */
  get isFull(): boolean {
    return this.#pending.size >= TLS_HANDSHAKES_MAX;
  }

  /** Exactly one of its functions is called, unless the socket is destroyed before; failed() after that. */
  begin(unsecured: Unsecured): void {
    const { fd, socket } = unsecured;
    const deadline = setTimeout(() => this.#drop(handshake, "timeout"), this.#handshakeMsMax);
    const handshake: Handshake = { ...unsecured, deadline };
    // The descriptor's number may be in use again before the event that says that it was closed.
    const before = this.#pending.get(fd);
    if (before !== undefined) this.#end(before, "disconnected");
    this.#pending.set(fd, handshake);
    socket.once("close", () => this.#end(handshake, "disconnected"));
    this.#server.emit("connection", socket);
  }

  /** Uses other certificates from now on. @throws Error when Node can't use them */
  renew(certificates: ListenerCertificates): void {
    this.#server.setSecureContext(optionsOf(certificates));
  }

  #secure(socket: TLSSocket): void {
    const handshake = this.#pendingOf(socket);
    if (handshake === undefined) {
      socket.destroy();
      return;
    }
    if (this.#asksForCertificates && !isAuthorized(socket)) this.#drop(handshake, refusalOf(socket));
    else this.#finish(handshake, () => handshake.secured(socket));
  }

  /** A connection that is closed already is reported by its own event. */
  #fail(socket: TLSSocket, error: Error): void {
    const handshake = this.#pendingOf(socket);
    if (handshake !== undefined) this.#drop(handshake, errnoOf(error) ?? error.message);
  }

  #pendingOf(socket: TLSSocket): Handshake | undefined {
    const fd = openDescriptorOf(socket);
    return fd === undefined ? undefined : this.#pending.get(fd);
  }

  #drop(handshake: Handshake, reason: string): void {
    this.#end(handshake, reason);
    handshake.socket.destroy();
  }

  #end(handshake: Handshake, reason: string): void {
    this.#finish(handshake, () => handshake.failed(reason));
  }

  #finish(handshake: Handshake, report: () => void): void {
    if (this.#pending.get(handshake.fd) !== handshake) return;
    const wasFull = this.isFull;
    this.#pending.delete(handshake.fd);
    clearTimeout(handshake.deadline);
    report();
    if (wasFull) this.onFree();
  }
}

function optionsOf({ cert, key, ca }: ListenerCertificates): TlsOptions {
  // Node calls a resumed session authorized, without a certificate. It still sends the tickets that senders wait for.
  const secureOptions = constants.SSL_OP_NO_TICKET;
  return { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: "TLSv1.3", secureOptions };
}

function isAuthorized(socket: TLSSocket): boolean {
  return socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

/** Why a sender isn't authorized: OpenSSL's name of the problem with its certificate. */
function refusalOf(socket: TLSSocket): string {
  if (socket.getPeerX509Certificate() === undefined) return "no certificate";
  const reason: unknown = socket.authorizationError;
  return reason instanceof Error ? reason.message : String(reason);
}
