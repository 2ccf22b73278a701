import assert from "node:assert/strict";
import { Command, CommanderError, Option } from "commander";
import { parseEndpoint } from "../../../src/addresses/endpoint-argument.ts";
import {
  countValue,
  durationValue,
  listValue,
  modeValue,
  niceValue,
  positiveSizeValue,
  rateValue,
} from "../../../src/cli/option-values.ts";
import { type Endpoint, formatAddress, isPathEndpoint } from "../../../src/core/endpoint.ts";
import { OperationalError } from "../../../src/core/errors.ts";
import { TRANSPORT_NAMES } from "../../../src/core/transport-name.ts";
import { pathRulesOf } from "../../../src/transports/registry.ts";
import type { Random } from "../json-inputs.ts";
import { type FuzzTarget, oneOf, withSlips } from "./fuzz-target.ts";

const ADDRESSES = [
  "/tmp/a.sock",
  "a",
  "../x/y",
  "127.0.0.1:9000",
  ":0",
  "[::1]:65535",
  "localhost:80",
  "9000",
  "@x",
  `/${"p".repeat(106)}`,
] as const;

function parse(argument: string): Endpoint | undefined {
  try {
    return parseEndpoint(argument, pathRulesOf, (transport) => parseEndpoint(`${transport}=:1`, pathRulesOf, fail));
  } catch (error) {
    if (error instanceof OperationalError) return undefined;
    throw error;
  }
}

function fail(): never {
  throw new Error("a default address for an argument that has one");
}

/** Addresses: an endpoint that can be listened on, which its text leads back to, or an error that says what to write. */
export const addresses: FuzzTarget = {
  name: "addresses",
  short: 1000,
  long: 1_000_000,
  fuzz(random, cases) {
    for (let i = 0; i < cases; i++) {
      const text = `${oneOf(random, TRANSPORT_NAMES)}=${oneOf(random, ADDRESSES)}`;
      const argument = withSlips(random, text, "=:[]/@.%\0 \n0169xé");
      const endpoint = parse(argument);
      if (endpoint === undefined || !argument.includes("=")) continue;
      const again = parse(`${endpoint.transport}=${formatAddress(endpoint)}`);
      assert.deepEqual(again, endpoint, JSON.stringify(argument));
      if (isPathEndpoint(endpoint)) assert(endpoint.path.length > 0 && !endpoint.path.includes("\0"), argument);
      else assert(endpoint.port >= 0 && endpoint.port <= 65_535 && !/[\s\0/@]/.test(endpoint.host), argument);
    }
  },
};

const UNITS: Readonly<Record<string, number>> = { "": 1, us: 0.001, ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };
const SIZES: Readonly<Record<string, number>> = { "": 1, KiB: 1024, MiB: 1024 ** 2, KB: 1000, GB: 1e9, k: 1024 };

/** What the options take, and whether the value is one that they stand for. */
const VALUES: Readonly<Record<string, { parse(text: string): unknown; texts(random: Random): string }>> = {
  duration: { parse: durationValue, texts: (random) => `${random(5000) / 4}${oneOf(random, keysOf(UNITS))}` },
  size: { parse: positiveSizeValue, texts: (random) => `${random(5000)}${oneOf(random, keysOf(SIZES))}` },
  count: { parse: countValue, texts: (random) => String(random(2 ** 31)) },
  rate: { parse: rateValue, texts: (random) => `${random(2 ** 31)}/s` },
  mode: { parse: modeValue, texts: (random) => random(512).toString(8) },
  nice: { parse: niceValue, texts: (random) => String(random(50) - 25) },
  list: { parse: listValue, texts: (random) => Array.from({ length: random(4) }, () => `u${random(9)}`).join(",") },
};

function keysOf(units: Readonly<Record<string, number>>): [string, ...string[]] {
  return Object.keys(units) as [string, ...string[]];
}

/** Options' values: a number within what the option stands for, or commander's message. */
export const values: FuzzTarget = {
  name: "values of options",
  short: 1000,
  long: 500_000,
  fuzz(random, cases) {
    const kinds = Object.keys(VALUES) as [string];
    for (let i = 0; i < cases; i++) {
      const kind = oneOf(random, kinds);
      const text = withSlips(random, VALUES[kind]?.texts(random) ?? "", " -+.eEx0/,kKiBs\n\u0660");
      const value = optionValue(kind, text);
      const example = `${kind} ${JSON.stringify(text)}: ${value}`;
      if (typeof value === "number") assert(Number.isFinite(value) && (kind === "nice" || value >= 0), example);
      if (kind === "mode" && value !== undefined) assert(Number(value) <= 0o777, example);
      if (kind === "count" && value !== undefined) assert.equal(String(BigInt(text)), String(value), example);
      if (Array.isArray(value)) assert(!value.includes(""), example);
    }
  },
};

/** Through commander, as a command has it. @returns undefined for a value that is refused */
function optionValue(kind: string, text: string): unknown {
  const command = new Command("x").exitOverride().configureOutput({ writeErr: () => {} });
  command.addOption(new Option("--value <text>").argParser((given) => VALUES[kind]?.parse(given)));
  try {
    return command.parse([`--value=${text}`], { from: "user" }).opts()["value"];
  } catch (error) {
    if (error instanceof CommanderError) return undefined;
    throw error;
  }
}
