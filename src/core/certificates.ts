import type { Peer } from "./peer.ts";

/** What a listener shows to senders, and whom it trusts; all in PEM. */
export interface ListenerCertificates {
  /** Its certificate, and those between it and its authority. */
  readonly cert: string;
  readonly key: string;
  /** Authorities: each sender must show a certificate of one of them. Undefined: no sender shows one. */
  readonly ca?: string | undefined;
}

/** Whom a sender trusts, and what it shows to a listener that asks; all in PEM. */
export interface SenderCertificates {
  /** Authorities of listeners. Undefined: those that Node trusts. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name in the listener's certificate. Undefined: the host that was connected to. */
  readonly servername?: string | undefined;
}

/** How a listener speaks TLS. */
export interface TlsSettings {
  readonly certificates: ListenerCertificates;
  /** Most time for a handshake, milliseconds. */
  readonly handshakeMsMax: number;
  /** A handshake failed, and its connection was closed; the reason is OpenSSL's or Node's name of it. */
  failed(reason: string, peer: Peer): void;
}
