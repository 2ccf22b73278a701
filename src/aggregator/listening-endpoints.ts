import { dirname } from "node:path";
import { defaultDirectory, letOthersSearch, preparedDefaultAddress } from "../addresses/default-address.ts";
import { parseEndpoint } from "../addresses/endpoint-argument.ts";
import { describeEndpoint, type Endpoint, isPathEndpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import type { PathAccess } from "../core/path-access.ts";
import { pathRulesOf } from "../transports/registry.ts";

/**
 * Where an aggregator is to listen, each as `transport[=address]` or ready to use. At a default address its directory
 * is made where it is missing.
 *
 * @throws OperationalError USAGE when none is named, or one twice; and as parseEndpoint
 */
export function listeningEndpoints(named: readonly (string | Endpoint)[], environment: NodeJS.ProcessEnv): Endpoint[] {
  if (named.length === 0) throw new OperationalError("USAGE", "there is nothing to listen on; name a transport");
  const directory = defaultDirectory(environment);
  const endpoints = named.map((name) =>
    typeof name === "string"
      ? parseEndpoint(name, pathRulesOf, (transport) => preparedDefaultAddress(transport, directory, pathRulesOf))
      : name,
  );
  const seen = new Set<string>();
  for (const endpoint of endpoints) {
    const name = describeEndpoint(endpoint);
    if (seen.has(name) && !name.endsWith(":0")) {
      throw new OperationalError("USAGE", `${name} is named twice; name each address once`);
    }
    seen.add(name);
  }
  return endpoints;
}

/** Lets the users whom the access admits search the directory of default addresses, where one of these is used. */
export function openDefaultDirectory(
  endpoints: readonly Endpoint[],
  access: PathAccess | undefined,
  environment: NodeJS.ProcessEnv,
): void {
  if (access === undefined || (access.mode & 0o077) === 0) return;
  const directory = defaultDirectory(environment);
  const isUsed = endpoints.some((endpoint) => isPathEndpoint(endpoint) && dirname(endpoint.path) === directory.path);
  if (isUsed) letOthersSearch(directory);
}
