import { errors } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { failureOf } from "../../src/forwarder/engines/jetstream/failures.ts";

test.each([
  ["Authentication Timeout", "retry"],
  ["Authorization Violation", "giveUp"],
] as const)("after %j of the server: %s", (message, remedy) => {
  expect(failureOf(errors.AuthorizationError.parse(message), "nats")).toMatchObject({ remedy });
});
