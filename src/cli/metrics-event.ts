import { formatAddress, type InetEndpoint } from "../core/endpoint.ts";
import type { Message, Presentation } from "./events.ts";

/** What programs with --metrics report about it. */
export interface MetricsEvents {
  /** Metrics are served at this numeric host and port. */
  metrics(endpoint: InetEndpoint): void;
}

/** The words for that event. */
export function presentMetrics(endpoint: InetEndpoint): Presentation {
  const address = formatAddress(endpoint);
  const words = `metrics are at http://${address}/metrics`;
  return {
    json: { event: "metrics", address },
    text: [words],
    repeated: { level: "info", words, fields: {} },
    log: isLoopback(endpoint.host) ? [] : [exposed(address)],
  };
}

function isLoopback(host: string): boolean {
  return host.startsWith("127.") || host === "::1";
}

function exposed(address: string): Message {
  const fact = `metrics ${address} can be reached from other machines: anyone who reaches the port can read the counters`;
  const words = `${fact}, and nothing is encrypted or authenticated; listen on 127.0.0.1, or let only your scrapers through a firewall`;
  return { level: "warn", words, fields: {} };
}
