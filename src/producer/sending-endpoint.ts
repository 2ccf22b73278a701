import { defaultDirectory, existingDefaultAddress } from "../addresses/default-address.ts";
import { parseEndpoint } from "../addresses/endpoint-argument.ts";
import { type Endpoint, isPathEndpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { pathRulesOf } from "../transports/registry.ts";

/**
 * Where a producer is to send, as `transport[=address]`. Makes nothing.
 *
 * @throws OperationalError USAGE for port 0, and as parseEndpoint
 */
export function sendingEndpoint(argument: string, environment: NodeJS.ProcessEnv): Endpoint {
  const directory = defaultDirectory(environment);
  const endpoint = parseEndpoint(argument, pathRulesOf, (name) => existingDefaultAddress(name, directory, pathRulesOf));
  if (!isPathEndpoint(endpoint) && endpoint.port === 0) {
    throw new OperationalError(
      "USAGE",
      `port 0 in "${argument}" is for listening; name the port that the aggregator printed`,
    );
  }
  return endpoint;
}
