import { validateHeaderName, validateHeaderValue } from "node:http";
import { OperationalError } from "../core/errors.ts";

/** Headers that say how a body is sent are the program's. */
const OWN_HEADER = /^(content-.*|transfer-encoding|connection|host|expect|te|trailer|upgrade)$/;

/** The headers of a file: one line each, `Name: value`. @throws OperationalError INPUT_UNREADABLE */
export function headersInLines(content: string, path: string): Record<string, string> {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== "");
  return Object.fromEntries(
    lines.map((line, at) => {
      const [, name = "", value = ""] = /^([^:]*):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
      return headerOf(name, value, { what: `line ${at + 1} of ${path}`, form: "Name: value" });
    }),
  );
}

/**
 * The headers of an environment variable: `name=value,name=value`, of which values may be percent-encoded, as OpenTelemetry's
 * exporters take them from OTEL_EXPORTER_OTLP_HEADERS.
 *
 * @throws OperationalError INPUT_UNREADABLE
 */
export function headersInList(content: string, variable: string): Record<string, string> {
  const members = content.split(",").filter((member) => member.trim() !== "");
  return Object.fromEntries(
    members.map((member, at) => {
      const [, name = "", value = ""] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/s.exec(member) ?? [];
      const where = { what: `header ${at + 1} in ${variable}`, form: "name=value,name=value" };
      return headerOf(name, decoded(value), where);
    }),
  );
}

/** The message doesn't repeat the header, which is a secret. */
function headerOf(name: string, value: string, where: { what: string; form: string }): [string, string] {
  const refuse = (fact: string, cause?: unknown): never => {
    throw new OperationalError("INPUT_UNREADABLE", `${where.what} ${fact}`, { cause });
  };
  if (OWN_HEADER.test(name.toLowerCase())) return refuse("is a header that the forwarder sets itself; remove it");
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
  } catch (cause) {
    return refuse(`is not an HTTP header; write ${where.form}`, cause);
  }
  return [name.toLowerCase(), value];
}

/** A value with a percent sign that encodes nothing is taken as it is. */
function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
