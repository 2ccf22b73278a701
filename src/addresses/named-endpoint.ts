import { isObject, refuseUnless } from "../core/argument.ts";
import { hasPath, isTransportName } from "../core/transport-name.ts";

/**
 * For programs that are not type-checked.
 *
 * @throws OperationalError USAGE unless it is text or an endpoint
 */
export function refuseNoEndpoint(name: string, value: unknown): void {
  refuseUnless(typeof value === "string" || isEndpoint(value), {
    name,
    value,
    wanted: "transport[=address] or an endpoint",
  });
}

function isEndpoint(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { transport, path, host, port } = value;
  if (typeof transport !== "string" || !isTransportName(transport)) return false;
  return hasPath(transport) ? typeof path === "string" : typeof host === "string" && typeof port === "number";
}
