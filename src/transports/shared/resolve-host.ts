import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { OperationalError } from "../../core/errors.ts";

/** Resolves a host name; a numeric address is returned unchanged. @throws OperationalError ADDRESS_INVALID */
export async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new OperationalError(
      "ADDRESS_INVALID",
      `${host} is not a known host; pass a name that resolves or a number`,
      {
        cause,
      },
    );
  }
}
