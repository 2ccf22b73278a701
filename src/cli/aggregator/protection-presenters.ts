import type { ProtectionEvents } from "../../aggregator/protection.ts";
import { describeEndpoint } from "../../core/endpoint.ts";
import { senderName } from "../../core/peer.ts";
import type { Presenters } from "../events.ts";

/** What to do about some failed handshakes, by their reason; the first that matches. */
const REMEDIES: readonly (readonly [reason: RegExp, remedy: string])[] = [
  [/^no certificate$/, "start the sender with --tls-cert and --tls-key"],
  [/EXPIRED/, "renew the certificate of this side that has expired"],
  [/^(DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/, "give the sender a certificate of an authority in --tls-ca"],
  [/ALERT/, "the sender doesn't accept this aggregator's certificate: give it the authority of that one"],
  [/VERSION|PROTOCOL|HTTP|SHORT/, "make the sender speak TLS 1.3"],
];

/** The words for what happens to TLS connections. */
export const PROTECTION_PRESENTERS: Presenters<ProtectionEvents> = {
  handshakeFailed: (endpoint, reason, peer) => {
    const [, remedy] = REMEDIES.find(([pattern]) => pattern.test(reason)) ?? [];
    const fact = `${describeEndpoint(endpoint)} closed a connection of ${senderName(peer)}, whose TLS handshake failed (${reason})`;
    const words = `${fact}; ${remedy ?? "find out who connects"}; further ones are counted as failedHandshakes`;
    return { log: [{ level: "warn", words, fields: { reason, ...peer } }] };
  },
  certificatesRenewed: (validTo) => ({
    log: [
      {
        level: "info",
        words: `new connections get the certificate that is valid until ${validTo.toISOString()}`,
        fields: { validTo },
      },
    ],
  }),
  certificatesKept: (error) => ({
    log: [{ level: "error", words: `the former certificate stays in use: ${error.message}`, fields: {} }],
  }),
};
