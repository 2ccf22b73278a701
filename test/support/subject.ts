import { join } from "node:path";
import { preparedDefaultAddress } from "../../src/addresses/default-address.ts";
import { type Endpoint, isPathEndpoint } from "../../src/core/endpoint.ts";
import { type AddressKind, TRANSPORTS, type TransportName } from "../../src/core/transport-name.ts";
import { pathRulesOf, REGISTRY } from "../../src/transports/registry.ts";
import type { AnyTransport } from "../../src/transports/transport.ts";
import { openRawSender, type RawSender } from "./raw-sender.ts";

/** A transport to be tested, and how a test bypasses it. */
export interface Subject {
  readonly transport: AnyTransport;
  readonly addressKind: AddressKind;
  /** An address nobody uses; `directory` is empty and the test's own. */
  freshEndpoint(directory: string): Endpoint;
  /** Writes to a listener's address behind the transport's back. @throws when nobody listens */
  openRawSender(endpoint: Endpoint): RawSender;
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
    registered: true,
  };
}
