import type { SenderCertificates } from "../core/certificates.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { readTlsFiles } from "../credentials/tls-files.ts";

/** With which files a sender speaks TLS, all in PEM. */
export interface SenderTlsOptions {
  /** Authorities of aggregators. Default: those that Node trusts. */
  readonly ca?: string | undefined;
  /** The sender's certificate, for an aggregator that asks for one. */
  readonly cert?: string | undefined;
  /** Its key, which others must not be able to read. */
  readonly key?: string | undefined;
  /** The name in the aggregator's certificate. Default: the host of the address. */
  readonly servername?: string | undefined;
}

/**
 * What a sender to this endpoint speaks TLS with; undefined when it doesn't.
 *
 * @throws OperationalError USAGE for an endpoint without TLS, and as readTlsFiles()
 */
export function senderCertificates(
  tls: SenderTlsOptions | undefined,
  { transport }: Endpoint,
): SenderCertificates | undefined {
  if (tls === undefined) return undefined;
  if (transport !== "tcp")
    throw new OperationalError("USAGE", `TLS is for tcp, not for ${transport}; omit it, or use tcp`);
  return { ...readTlsFiles(tls), servername: tls.servername };
}
