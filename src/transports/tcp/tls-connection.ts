import type { Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { SenderCertificates } from "../../core/certificates.ts";
import { describeEndpoint, type InetEndpoint } from "../../core/endpoint.ts";
import { TLS_HANDSHAKE_MS_MAX } from "../../core/limits.ts";
import { findListener, type ListenerSearch, NotAccepted } from "../shared/listener-search.ts";
import { connected } from "../shared/stream-connection.ts";
import { tlsFailure } from "./tls-failure.ts";

/**
 * How long a sender waits after its side of the handshake for the listener to accept it. A listener says so with a
 * session ticket, as OpenSSL's do by default; one that sends none costs this time once per connection.
 */
const ACCEPTANCE_MS_MAX = 1000;

/** A connection on which lines can be sent, and the one that carries what is encrypted of them. */
export interface TlsConnection {
  readonly socket: TLSSocket;
  readonly carrier: Socket;
}

export interface TlsTarget {
  readonly endpoint: InetEndpoint;
  readonly certificates: SenderCertificates;
  /** Whether lines can still be sent when the listener has closed its side. */
  readonly allowHalfOpen: boolean;
}

/**
 * Connects to a listener, each side proves who it is, and the listener has accepted this one.
 *
 * @throws as findListener(), and OperationalError TLS_FAILED when one side doesn't accept the other
 */
export async function openTls(search: ListenerSearch, target: TlsTarget): Promise<TlsConnection> {
  const { endpoint, certificates, allowHalfOpen } = target;
  const { host, port } = endpoint;
  let carrier: Socket | undefined;
  const socket = await findListener(search, async () => {
    carrier = await connected({ host, port, noDelay: true, allowHalfOpen }, search.signal);
    return accepted(connect(optionsOf(carrier, host, certificates)), endpoint, search.signal);
  });
  if (carrier === undefined) throw new Error("a TLS connection without a socket");
  return { socket, carrier };
}

function optionsOf(socket: Socket, host: string, certificates: SenderCertificates): ConnectionOptions {
  const given = Object.entries(certificates).filter(([, value]) => value !== undefined);
  // Said here, since Node would take NODE_TLS_REJECT_UNAUTHORIZED=0 from the environment.
  return { socket, host, minVersion: "TLSv1.3", rejectUnauthorized: true, ...Object.fromEntries(given) };
}

/** Resolves when the listener has accepted this sender. */
function accepted(socket: TLSSocket, endpoint: InetEndpoint, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let isShaken = false;
    const fail = (error: unknown): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const close = (error?: Error): void => fail(isShaken ? notAccepted(endpoint, error) : tlsFailure(endpoint, error));
    const succeed = (): void => {
      settle();
      resolve(socket);
    };
    // OpenSSL is still reading: what is written meanwhile would be encrypted wrongly ("bad record mac").
    const succeedLater = (): void => {
      setImmediate(succeed);
    };
    const abort = (): void => fail(signal.reason);
    let deadline = setTimeout(() => fail(unanswered(endpoint)), TLS_HANDSHAKE_MS_MAX);
    const settle = (): void => {
      clearTimeout(deadline);
      signal.removeEventListener("abort", abort);
      socket.off("end", close).off("session", succeedLater);
    };
    signal.addEventListener("abort", abort, { once: true });
    // Stays, since an error without a listener ends the process.
    socket.on("error", close).once("end", close).once("session", succeedLater);
    socket.once("secureConnect", () => {
      isShaken = true;
      clearTimeout(deadline);
      deadline = setTimeout(succeed, ACCEPTANCE_MS_MAX);
    });
  });
}

function unanswered(endpoint: InetEndpoint): NotAccepted {
  const fact = `${describeEndpoint(endpoint)} doesn't answer the TLS handshake`;
  const remedy = "make sure that the aggregator there was started with --tls-cert";
  return new NotAccepted("it doesn't answer the TLS handshake", `${fact}; ${remedy}`);
}

function notAccepted(endpoint: InetEndpoint, cause: Error | undefined): unknown {
  const failure = tlsFailure(endpoint, cause);
  if (failure !== cause) return failure;
  const fact = `${describeEndpoint(endpoint)} closes the connection after the TLS handshake, as it does with a sender whose certificate it doesn't accept`;
  const remedy = "pass --tls-cert and --tls-key with a certificate of its authority";
  return new NotAccepted("it closes the connection after the TLS handshake", `${fact}; ${remedy}`, { cause });
}
