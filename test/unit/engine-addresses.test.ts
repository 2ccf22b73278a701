import { expect, test } from "vitest";
import type { EngineSettings } from "../../src/forwarder/engines/engine-kind.ts";
import { planEngine } from "../../src/forwarder/engines/engines.ts";
import { expectOperational, thrownBy } from "../support/failure.ts";

const SETTINGS: EngineSettings = {
  host: "web1",
  service: "app",
  timeoutMs: 1000,
  stream: "LOGS",
  subject: undefined,
  isExclusive: false,
  createStream: undefined,
  credentials: {},
  compression: undefined,
  output: process.stdout,
};

test.each([
  "",
  "nats://",
  "nats:///",
  "nats:127.0.0.1",
  "NATS://127.0.0.1",
  "nats://127.0.0.1,",
  "nats://127.0.0.1:0",
  "nats://127.0.0.1:99999",
  "nats://127.0.0.1/path",
  "nats://user:password@127.0.0.1",
  "http://127.0.0.1",
  "otlp+http://",
  "otlp+ftp://127.0.0.1",
  "stdout://x",
  "stdoutx",
])("--to %j is refused", (to) => {
  expectOperational(
    thrownBy(() => planEngine(to, SETTINGS)),
    "ADDRESS_INVALID",
  );
});

test.each([
  ["nats://127.0.0.1", "nats stream LOGS subject logs.web1"],
  ["nats://n1:4222,[::1]:65535,n-3.example", "nats stream LOGS subject logs.web1"],
  ["stdout", "stdout"],
])("--to %s is %s", (to, target) => {
  expect(planEngine(to, SETTINGS).target).toBe(target);
});

test.each(["https://me:secret@127.0.0.1", "otlp+https//me:secret@127.0.0.1", "otlp+://me:secret@"])(
  "the message about --to %j doesn't show its password",
  (to) => {
    expect(String(thrownBy(() => planEngine(to, SETTINGS)))).not.toContain("secret");
  },
);
