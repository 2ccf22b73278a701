import { join } from "node:path";
import { preparedDefaultAddress } from "../../src/addresses/default-address.ts";
import type { ListenerCertificates, SenderCertificates } from "../../src/core/certificates.ts";
import { type Endpoint, type InetEndpoint, isPathEndpoint } from "../../src/core/endpoint.ts";
import { TLS_HANDSHAKE_MS_MAX } from "../../src/core/limits.ts";
import { type AddressKind, TRANSPORTS, type TransportName } from "../../src/core/transport-name.ts";
import { pathRulesOf, REGISTRY } from "../../src/transports/registry.ts";
import {
  type AnyTransport,
  isStream,
  type ListenerOptions,
  type SenderOptions,
} from "../../src/transports/transport.ts";
import { openRawSender, type RawSender } from "./raw-sender.ts";

/** A transport to be tested, and how a test bypasses it. */
export interface Subject {
  readonly transport: AnyTransport;
  readonly addressKind: AddressKind;
  /** An address nobody uses; `directory` is empty and the test's own. */
  freshEndpoint(directory: string): Endpoint;
  /** Writes to a listener's address behind the transport's back. @throws when nobody listens */
  openRawSender(endpoint: Endpoint): RawSender;
  /** Whether what is written in this way is what arrives. */
  readonly isReadable: boolean;
  /** Whether another process can listen with it too. */
  readonly registered: boolean;
}

/** Any transport of the registry: addresses come from its default, raw senders from what is found at the address. */
export function registeredSubject(name: TransportName): Subject {
  const transport: AnyTransport = REGISTRY[name];
  return {
    transport,
    addressKind: TRANSPORTS[name],
    freshEndpoint: (directory) => {
      const own = { path: join(directory, "d"), forbiddenMode: 0o077 };
      const endpoint = preparedDefaultAddress(name, own, pathRulesOf);
      return isPathEndpoint(endpoint) ? endpoint : { ...endpoint, port: 0 };
    },
    openRawSender: (endpoint) => openRawSender(endpoint, transport.traits.boundary),
    isReadable: true,
    registered: true,
  };
}

/** tcp with TLS, where each side has a certificate of the other one's authority. */
export function tlsSubject(listener: ListenerCertificates, sender: SenderCertificates): Subject {
  const { tcp } = REGISTRY;
  if (!isStream(tcp)) throw new Error("tcp is a stream");
  const tls = { certificates: listener, handshakeMsMax: TLS_HANDSHAKE_MS_MAX, failed: () => {} };
  const transport = {
    ...tcp,
    createListener: (endpoint: InetEndpoint<"tcp">, options: ListenerOptions<"stream">) =>
      tcp.createListener(endpoint, { tls, ...options }),
    createSender: (endpoint: InetEndpoint<"tcp">, options: SenderOptions) =>
      tcp.createSender(endpoint, { tls: sender, ...options }),
  };
  return { ...registeredSubject("tcp"), transport, isReadable: false };
}
