import { defaultDirectory, existingDefaultAddress, preparedDefaultAddress } from "../addresses/default-address.ts";
import { parseEndpoint } from "../addresses/endpoint-argument.ts";
import type { Endpoint } from "../core/endpoint.ts";
import { type AddressKind, TRANSPORT_NAMES, TRANSPORTS } from "../core/transport-name.ts";
import { pathRulesOf } from "../transports/registry.ts";

/** Where an aggregator listens. Creates the directory of a default address if it is missing. @throws as parseEndpoint */
export function listeningEndpoint(argument: string, environment: NodeJS.ProcessEnv): Endpoint {
  const directory = defaultDirectory(environment);
  return parseEndpoint(argument, pathRulesOf, (name) => preparedDefaultAddress(name, directory, pathRulesOf));
}

/** Where a producer sends. Creates nothing. @throws as parseEndpoint */
export function sendingEndpoint(argument: string, environment: NodeJS.ProcessEnv): Endpoint {
  const directory = defaultDirectory(environment);
  return parseEndpoint(argument, pathRulesOf, (name) => existingDefaultAddress(name, directory, pathRulesOf));
}

/** The transports as help texts list them: "unixsock, tcp, unixgram, udp or fifo". */
export function anyTransport(): string {
  return new Intl.ListFormat("en-GB", { type: "disjunction" }).format(TRANSPORT_NAMES);
}

/** The transports with that kind of address: "tcp and udp". */
export function transportsWith(kind: AddressKind): string {
  return new Intl.ListFormat("en-GB").format(TRANSPORT_NAMES.filter((name) => TRANSPORTS[name] === kind));
}
