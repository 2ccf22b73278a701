import { InvalidArgumentError, Option } from "commander";
import { parseEndpoint } from "../addresses/endpoint-argument.ts";
import { type InetEndpoint, isPathEndpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import { pathRulesOf } from "../transports/registry.ts";

export interface MetricsOptions {
  readonly metrics?: InetEndpoint;
}

/** Where metrics are served; a port alone is on 127.0.0.1, and any other address has to be named. */
export function metricsOption(): Option {
  const words = "serve /metrics (Prometheus) and /healthz over HTTP, such as 127.0.0.1:9464";
  return new Option("--metrics <address>", words).argParser(metricsValue);
}

function metricsValue(text: string): InetEndpoint {
  try {
    const endpoint = parseEndpoint(`tcp=${text}`, pathRulesOf, () => invalid());
    return isPathEndpoint(endpoint) ? invalid() : endpoint;
  } catch (error) {
    if (error instanceof OperationalError) return invalid();
    throw error;
  }
}

function invalid(): never {
  throw new InvalidArgumentError("Write host:port or a port, such as 127.0.0.1:9464 or [::1]:9464.");
}
