import { errors } from "@nats-io/transport-node";
import { expect, test } from "vitest";
import { failureOf } from "../../src/forwarder/engines/jetstream/failures.ts";
import { thrownBy } from "../support/failure.ts";

test.each([
  ["Authentication Timeout", "retry"],
  ["Authorization Violation", "giveUp"],
] as const)("after %j of the server: %s", (message, remedy) => {
  expect(failureOf(errors.AuthorizationError.parse(message), "nats")).toMatchObject({ remedy });
});

test.each([
  new TypeError("undefined is not a function"),
  new RangeError("Invalid array length"),
  new ReferenceError("x is not defined"),
  errors.InvalidArgumentError.format("header", "values cannot contain \\r or \\n"),
])("a bug is no failure of the engine: %s", (error) => {
  expect(thrownBy(() => failureOf(error, "nats"))).toBe(error);
});

test.each([
  Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" }),
  new errors.TimeoutError(),
  new errors.ClosedConnectionError(),
  new Error("the connection is lost"),
  new SyntaxError("Unexpected token < in JSON"),
])("a connection that fails is made anew: %s", (error) => {
  expect(failureOf(error, "nats")).toMatchObject({ remedy: "retry" });
});
