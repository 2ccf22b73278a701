import { describeEndpoint, type InetEndpoint } from "../../core/endpoint.ts";
import { errnoOf, OperationalError } from "../../core/errors.ts";

/** Codes of Node's TLS, and of OpenSSL's checks of certificates. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|ERR_OSSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_)/;

/** What to do about some of them; the first that matches. */
const REMEDIES: readonly (readonly [code: RegExp, remedy: string])[] = [
  [/ALTNAME/, "connect to a name that its certificate has, or pass it with --tls-servername"],
  [/^CERT_HAS_EXPIRED/, "replace the certificate that the aggregator was started with"],
  [/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/, "pass the authority of its certificate with --tls-ca"],
  [/ALERT/, "pass --tls-cert and --tls-key with a certificate that it accepts"],
];

/** A failure of TLS as an error that the user can act on; any other error unchanged. */
export function tlsFailure(endpoint: InetEndpoint, cause: unknown): unknown {
  const code = errnoOf(cause) ?? "";
  if (!TLS_CODE.test(code)) return cause;
  const [, remedy] = REMEDIES.find(([pattern]) => pattern.test(code)) ?? [];
  const fact = `no TLS connection to ${describeEndpoint(endpoint)} (${code})`;
  return new OperationalError("TLS_FAILED", `${fact}; ${remedy ?? "make sure that it speaks TLS 1.3"}`, { cause });
}
