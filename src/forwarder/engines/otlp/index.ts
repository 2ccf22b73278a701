import { OperationalError } from "../../../core/errors.ts";
import { type EngineKind, TLS_OPTIONS } from "../engine-kind.ts";
import { shownAddress } from "../shown-address.ts";
import { ServerKnowledge } from "./delivery.ts";
import { OtlpEngine } from "./otlp-engine.ts";

const SYNTAX = "otlp+http[s]://host:4318/v1/logs";

/** OTLP/HTTP, as JSON: one request is one block, and one record is one line. */
export const otlp: EngineKind = {
  syntax: SYNTAX,
  options: ["--host", "--service", "--timeout", "--headers-file", "--unit"],
  plan: (to, { host, service, timeoutMs, credentials }) => {
    const url = urlOf(to);
    const { headers = {}, tls } = credentials;
    const options = { url, headers, timeoutMs, resource: { host, service }, ...(tls === undefined ? {} : { tls }) };
    const known = new ServerKnowledge();
    return {
      target: `otlp ${url.origin}${url.pathname}`,
      isRemembered: true,
      connect: () => new OtlpEngine(options, known),
    };
  },
};

/** The same, encrypted. */
export const otlpWithTls: EngineKind = { ...otlp, options: [...otlp.options, ...TLS_OPTIONS] };

/** @throws OperationalError ADDRESS_INVALID */
function urlOf(to: string): URL {
  const text = to.slice("otlp+".length);
  if (!URL.canParse(text)) {
    throw new OperationalError("ADDRESS_INVALID", `"${shownAddress(to)}" is not an address of OTLP; write ${SYNTAX}`);
  }
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    const fact = "an address must not contain a user or password, which ps would show";
    throw new OperationalError("ADDRESS_INVALID", `${fact}; write an Authorization header into --headers-file`);
  }
  if (url.pathname === "/") url.pathname = "/v1/logs";
  return url;
}
