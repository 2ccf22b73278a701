import { X509Certificate } from "node:crypto";
import { formatAddress, type InetEndpoint } from "../../core/endpoint.ts";
import { OperationalError } from "../../core/errors.ts";
import { isExposed } from "../shared/exposure.ts";
import type { ListenerSettings } from "../transport.ts";

type Protection = Pick<ListenerSettings, "tls" | "insecure">;

/**
 * Refuses an endpoint that other machines could reach without TLS, unless that was asked for.
 *
 * @param endpoint its host is a number
 * @throws OperationalError USAGE
 */
export function refuseUnprotected(endpoint: InetEndpoint, { tls, insecure = false }: Protection): void {
  if (tls !== undefined || insecure || !isExposed(endpoint.host)) return;
  const fact = `tcp ${formatAddress(endpoint)} can be reached from other machines, and nothing would be encrypted or authenticated`;
  throw new OperationalError("USAGE", `${fact}; pass --tls-cert and --tls-key, or --insecure, or listen on 127.0.0.1`);
}

/** Risks of an endpoint whose host is a number. */
export function warningsOf(endpoint: InetEndpoint, { tls }: Protection): string[] {
  const where = `tcp ${formatAddress(endpoint)}`;
  const reach = `${where} can be reached from other machines: anyone who reaches the port can write to the log`;
  const firewall = "let only your senders through a firewall";
  const expired = tls === undefined ? [] : expiryWarning(where, tls.certificates.cert);
  if (!isExposed(endpoint.host) || tls?.certificates.ca !== undefined) return expired;
  if (tls !== undefined) return [`${reach}, without a certificate; pass --tls-ca, or ${firewall}`, ...expired];
  return [
    `${reach}, and nothing is encrypted or authenticated; pass --tls-cert and --tls-key instead of --insecure, or ${firewall}`,
  ];
}

function expiryWarning(where: string, cert: string): string[] {
  const { validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) > Date.now()) return [];
  return [`the certificate of ${where} has expired (${validTo}), so senders refuse it; replace it and send SIGHUP`];
}
