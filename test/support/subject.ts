import { join } from "node:path";
import { existingDefaultAddress, preparedDefaultAddress } from "../../src/cli/default-address.ts";
import { type Endpoint, isPathEndpoint } from "../../src/core/endpoint.ts";
import type { TransportName } from "../../src/core/transport-name.ts";
import { TRANSPORTS } from "../../src/transports/registry.ts";
import type { Transport } from "../../src/transports/transport.ts";
import { openRawSender, type RawSender } from "./raw-sender.ts";

/** A transport to be tested, and how a test reaches around it. */
export interface Subject {
  readonly transport: Pick<Transport, "traits" | "createListener" | "createSender">;
  /** Whether it is a file that stands at the address. */
  readonly addressKind: "path" | "port";
  /** An address nobody uses; `directory` is empty and the test's own. */
  freshEndpoint(directory: string): Endpoint;
  /** Writes to a listener's address behind the transport's back. @throws when nobody listens */
  openRawSender(endpoint: Endpoint): RawSender;
  /** Its name, where a program in another process can listen by it. */
  readonly name?: TransportName;
}

/** Any transport of the registry: addresses come from its default, raw senders from what is found at the address. */
export function registeredSubject(name: TransportName): Subject {
  const transport = TRANSPORTS[name];
  const isPath = isPathEndpoint(existingDefaultAddress(name, { path: "/nonexistent", forbiddenMode: 0 }));
  return {
    transport,
    addressKind: isPath ? "path" : "port",
    freshEndpoint: (directory) => {
      const endpoint = preparedDefaultAddress(name, { path: join(directory, "d"), forbiddenMode: 0o077 });
      return isPathEndpoint(endpoint) ? endpoint : { ...endpoint, port: 0 };
    },
    openRawSender: (endpoint) => openRawSender(endpoint, transport.traits.boundary),
    name,
  };
}
