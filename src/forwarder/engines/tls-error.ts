import { errnoOf } from "../../core/errors.ts";

/** Codes of Node's TLS, and of OpenSSL's checks of certificates. */
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/** Whether a certificate is the reason of a failed connection. */
export function isTlsError(error: unknown): boolean {
  return TLS_CODE.test(errnoOf(error) ?? "");
}
