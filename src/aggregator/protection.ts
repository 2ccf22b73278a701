import { X509Certificate } from "node:crypto";
import { refuseUnless, refuseUnlessObject } from "../core/argument.ts";
import type { ListenerCertificates } from "../core/certificates.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import type { Peer } from "../core/peer.ts";
import type { TransportName } from "../core/transport-name.ts";
import { readTlsFiles } from "../credentials/tls-files.ts";

/** Files in PEM, of which the key's must not be readable by others. */
export interface TlsOptions {
  /** The certificate that is shown to senders, and those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities: each sender must show a certificate of one of them. Default: no sender shows one. */
  readonly ca?: string | undefined;
}

/** What protects tcp endpoints; both are options of createAggregator(). */
export interface ProtectionOptions {
  /** Certificates with which all tcp endpoints speak TLS 1.3. Required beyond loopback, unless `insecure` is true. */
  readonly tls?: TlsOptions | undefined;
  /** Whether tcp endpoints may be reachable from other machines without TLS. */
  readonly insecure?: boolean | undefined;
}

export interface ProtectionEvents {
  /**
   * A TLS handshake failed, and its connection was closed; the reason is OpenSSL's or Node's name of it. Called for the
   * first one of each sender and reason; further ones are only counted.
   */
  handshakeFailed(endpoint: Endpoint, reason: string, peer: Peer): void;
  /** New certificates are in use, for further connections. */
  certificatesRenewed(validTo: Date): void;
  /** New certificates can't be used; the former ones stay in use. */
  certificatesKept(error: Error): void;
}

/** The certificates of an aggregator's tcp endpoints, from files that may be replaced. */
export class CertificateFiles {
  readonly #files: TlsOptions;
  #certificates: ListenerCertificates;

  /** @throws OperationalError when the files can't be used */
  constructor(files: TlsOptions) {
    this.#files = files;
    this.#certificates = read(files);
  }

  get certificates(): ListenerCertificates {
    return this.#certificates;
  }

  get validTo(): Date {
    return new Date(new X509Certificate(this.#certificates.cert).validTo);
  }

  /** Reads the files again. @throws OperationalError when they can't be used; then the former certificates stay */
  renew(): void {
    const former = this.#certificates;
    this.#certificates = read(this.#files);
    const { validTo } = this;
    if (validTo.getTime() > Date.now()) return;
    this.#certificates = former;
    const fact = `the certificate in ${this.#files.cert} expired at ${validTo.toISOString()}`;
    throw new OperationalError("INPUT_UNREADABLE", `${fact}; replace it and send SIGHUP again`);
  }
}

/** What protects the tcp endpoints of an aggregator. */
export interface Protection {
  readonly tls: CertificateFiles | undefined;
  readonly insecure: boolean;
}

/**
 * What protects the endpoints of these transports.
 *
 * @throws OperationalError USAGE for options that contradict each other, and as readTlsFiles()
 */
export function protectionOf(
  { tls, insecure = false }: ProtectionOptions,
  transports: readonly TransportName[],
): Protection {
  refuseUnless(typeof insecure === "boolean", { name: "insecure", value: insecure, wanted: "true or false" });
  if (tls === undefined) return { tls, insecure };
  refuseUnlessObject({ name: "tls", value: tls, wanted: "an object with cert and key" });
  // A misspelt ca would let every sender in.
  const unknown = Object.keys(tls).find((name) => !["cert", "key", "ca"].includes(name));
  if (unknown !== undefined) throw usage(`tls has no ${JSON.stringify(unknown)}; it has cert, key and ca`);
  if (insecure) throw usage("--tls-cert and --insecure contradict each other; omit one");
  if (!transports.includes("tcp")) {
    throw usage(
      "--tls-cert, --tls-key and --tls-ca are for tcp, on which nothing listens here; omit them, or name tcp",
    );
  }
  for (const [name, value] of Object.entries({ "tls.cert": tls.cert, "tls.key": tls.key, "tls.ca": tls.ca })) {
    refuseUnless(value === undefined || typeof value === "string", { name, value, wanted: "the path of a file" });
  }
  return { tls: new CertificateFiles(tls), insecure };
}

/** Uses what the files contain now for further connections; or reports why the former certificates stay in use. */
export function renewCertificates(
  { tls }: Protection,
  endpoints: readonly { renew(certificates: ListenerCertificates): void }[],
  events: ProtectionEvents,
): void {
  if (tls === undefined) return;
  try {
    tls.renew();
    for (const endpoint of endpoints) endpoint.renew(tls.certificates);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    events.certificatesKept(error);
    return;
  }
  events.certificatesRenewed(tls.validTo);
}

function read(files: TlsOptions): ListenerCertificates {
  const { cert, key, ca } = readTlsFiles(files);
  if (cert === undefined || key === undefined) throw usage("TLS needs a certificate and its key; pass both");
  return { cert, key, ca };
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
