import { join } from "node:path";
import { LOOPBACK, PORT_DEFAULT } from "../../addresses/default-address.ts";
import { hasPath, TRANSPORT_NAMES, type TransportName } from "../../core/transport-name.ts";
import { pathRulesOf, REGISTRY } from "../../transports/registry.ts";

/** What to answer where no transport was named: each of them, with an example. */
export function transportList(): string {
  const examples = TRANSPORT_NAMES.map((name) => [`aggregator ${name}=${addressOf(name)}`, promiseOf(name)] as const);
  const width = Math.max(...examples.map(([example]) => example.length));
  return [
    "error: name a transport to listen on, or several:",
    "",
    ...examples.map(([example, promise]) => `  ${example.padEnd(width)}  ${promise}`),
    "",
    "Without an address, aggregator and producer use the same default one. aggregator --help lists all options.",
  ].join("\n");
}

function addressOf(name: TransportName): string {
  return hasPath(name) ? join("/tmp", pathRulesOf(name).defaultName) : `${LOOPBACK}:${PORT_DEFAULT}`;
}

function promiseOf(name: TransportName): string {
  const { overload, atomicBytesMax } = REGISTRY[name].traits;
  const length = Number.isFinite(atomicBytesMax) ? `lines of up to ${atomicBytesMax} bytes` : "lines of any length";
  return `${length}; ${overload === "blocks" ? "senders wait when it is slower" : "the kernel drops lines when it is slower"}`;
}
