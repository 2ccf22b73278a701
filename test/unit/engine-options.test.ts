import { expect, test } from "vitest";
import { addForwarderOptions } from "../../src/cli/forwarder/options.ts";
import { createCommand } from "../../src/cli/run.ts";
import { engineOptions } from "../../src/forwarder/engines/engines.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";

/** Options of the command itself, which have their effect wherever lines go. */
const GENERAL = [
  ...["--version", "--help", "--log-level", "--color", "--no-status", "--json", "--once", "--metrics"],
  ...["--to", "--block", "--linger", "--window", "--max-inflight-bytes"],
];

const NATS = ["nats://h1", "nats://h1:4222,h2:4222"];
const OTLP = ["otlp+http://h/v1/logs", "otlp+https://h/v1/logs"];

/** All that the command takes. */
function optionsOfCommand(): string[] {
  const command = addForwarderOptions(createCommand("forwarder", ""), "");
  return command.options.map(({ long }) => long ?? "");
}

test("every option belongs to an engine, or to all of them", () => {
  const ofEngines = [...NATS, ...OTLP, "stdout"].flatMap((to) => engineOptions(to, []));
  // Of forwarder check.
  const own = new Set(ofEngines.filter((option) => option !== "--publish"));
  expect([...own, ...GENERAL].toSorted()).toEqual(["--help", ...optionsOfCommand()].toSorted());
});

test.each([
  ["--stream", [...OTLP, "stdout"], "nats://"],
  ["--compress", [...OTLP, "stdout"], "nats://"],
  ["--create-stream", [...OTLP, "stdout"], "nats://"],
  ["--publish", [...OTLP, "stdout"], "nats://"],
  ["--user-file", [...OTLP, "stdout"], "nats://"],
  ["--service", [...NATS, "stdout"], "otlp+http:// or otlp+https://"],
  ["--timeout", [...NATS, "stdout"], "otlp+http:// or otlp+https://"],
  ["--headers-file", [...NATS, "stdout"], "otlp+http:// or otlp+https://"],
  ["--tls-ca", ["otlp+http://h", "stdout"], "nats:// or otlp+https://"],
  ["--tls-cert", ["otlp+http://h", "stdout"], "nats:// or otlp+https://"],
  ["--unit", ["stdout"], "nats://, otlp+http:// or otlp+https://"],
])("%s is refused where it has no effect", (option, refusing, takers) => {
  for (const to of [...NATS, ...OTLP, "stdout"]) {
    if (refusing.includes(to) || (to.startsWith("otlp+http://") && refusing.includes("otlp+http://h"))) {
      const error = thrownBy(() => engineOptions(to, ["--once", option]));
      expectOperational(error, "USAGE");
      expect(String(error)).toContain(`${option} goes with ${takers}, and has no effect with `);
      expect(String(error)).toContain("; leave it out, or pass another --to");
    } else expect(engineOptions(to, ["--once", option])).toContain(option);
  }
});
