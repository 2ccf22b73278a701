import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { OperationalError } from "../core/errors.ts";
import { readPublic, readSecret } from "./secret-file.ts";

/** Paths of files in PEM. The key's is a secret. */
export interface TlsFiles {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The content of the files. */
export interface TlsContent {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Reads certificates and a key, and checks that these belong together.
 *
 * @throws OperationalError INPUT_UNREADABLE, PERMISSION_DENIED when others can read the key, USAGE for a certificate
 *   without its key
 */
export function readTlsFiles({ ca, cert, key }: TlsFiles): TlsContent {
  if ((cert === undefined) !== (key === undefined)) {
    throw new OperationalError("USAGE", "--tls-cert and --tls-key belong together; pass both");
  }
  const content = {
    ...(ca === undefined ? {} : { ca: certificateIn(ca) }),
    ...(cert === undefined ? {} : { cert: certificateIn(cert) }),
    ...(key === undefined ? {} : { key: readSecret(key).toString() }),
  };
  try {
    createSecureContext(content);
    return content;
  } catch (cause) {
    const fact = `${key} is not the key of the certificate in ${cert}`;
    throw new OperationalError("INPUT_UNREADABLE", `${fact}; pass files that belong together`, { cause });
  }
}

/** Each certificate of a file in PEM. */
const CERTIFICATES = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** Node itself ignores what isn't a certificate. */
function certificateIn(path: string): string {
  const content = readPublic(path).toString("latin1");
  try {
    const begun = content.split("-----BEGIN CERTIFICATE-----").length - 1;
    const certificates = content.match(CERTIFICATES) ?? [];
    if (certificates.length === 0 || certificates.length !== begun) throw new RangeError("not in PEM");
    for (const certificate of certificates) new X509Certificate(certificate);
    return content;
  } catch (cause) {
    throw new OperationalError("INPUT_UNREADABLE", `${path} is not a certificate; pass one in PEM`, { cause });
  }
}
