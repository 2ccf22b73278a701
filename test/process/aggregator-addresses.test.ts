import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryAddress } from "../../src/addresses/temporary-address.ts";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import { namesWith, TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, accountOf, diagnostic, runAggregator } from "../support/aggregator-process.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** An argument for each transport, below a directory or on a free port. */
function everyTransport(directory: string): string[] {
  return TRANSPORT_NAMES.map((name) => temporaryAddress(name, directory));
}

/** The transports whose paths are there. */
function pathsOf(aggregator: AggregatorProcess): string[] {
  return TRANSPORT_NAMES.map((name) => aggregator.endpoint(name)).flatMap((endpoint) =>
    isPathEndpoint(endpoint) && existsSync(endpoint.path) ? [endpoint.transport] : [],
  );
}

test("all transports at once fill one file, each with its own account", async () => {
  const cwd = temporaryDirectory();
  const aggregator = await AggregatorProcess.start(everyTransport(cwd), { cwd });
  expect(aggregator.listening.map(({ transport }) => transport)).toEqual([...TRANSPORT_NAMES]);
  expect(pathsOf(aggregator)).toEqual(namesWith("path"));
  for (const [i, name] of TRANSPORT_NAMES.entries()) {
    const raw = openRawSender(aggregator.endpoint(name), REGISTRY[name].traits.boundary);
    for (let n = 0; n <= i; n++) raw.write(`{"by":"${name}","n":${n}}\n`);
    raw.close();
  }
  const { ledger, status } = await aggregator.stop();
  expect(status).toBe(0);
  const lines = TRANSPORT_NAMES.reduce((sum, _, i) => sum + i + 1, 0);
  expect(ledger).toMatchObject({ received: lines, stored: lines, kernelDrops: 0 });
  for (const [i, name] of TRANSPORT_NAMES.entries()) {
    expect(accountOf(ledger, name)).toMatchObject({ received: i + 1, stored: i + 1, wrapped: 0 });
    expect(accountOf(ledger, name).address).toBe(aggregator.listening[i]?.address);
    const own = aggregator
      .stored()
      .split("\n")
      .filter((line) => line.includes(`"${name}"`));
    expect(own).toEqual(Array.from({ length: i + 1 }, (_, n) => `{"by":"${name}","n":${n}}`));
  }
  expect(pathsOf(aggregator)).toEqual([]);
});

test("port 0 takes a free port, as often as it is asked for, and names it", async () => {
  const aggregator = await AggregatorProcess.start(["tcp=:0", "tcp=:0", "udp=:0"]);
  const ports = aggregator.listening.map(({ address }) => Number(address.split(":")[1]));
  expect(ports.every((port) => port > 0)).toBe(true);
  expect(ports[0]).not.toBe(ports[1]);
  await aggregator.stop();
});

test("IPv6 addresses are listened on and named as one writes them", async () => {
  const aggregator = await AggregatorProcess.start(["tcp=[::1]:0", "udp=[::1]:0"]);
  for (const name of ["tcp", "udp"] as const) {
    expect(aggregator.listening.find(({ transport }) => transport === name)?.address).toMatch(/^\[::1\]:\d+$/);
    openRawSender(aggregator.endpoint(name), REGISTRY[name].traits.boundary).write("{}\n");
  }
  expect((await aggregator.stop()).ledger).toMatchObject({ received: 2, stored: 2 });
});

test("a host name is resolved, and the number it stands for is named", async () => {
  const aggregator = await AggregatorProcess.start(["tcp=localhost:0"]);
  expect(aggregator.listening[0]?.address).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
  await aggregator.stop();
});

test("without an address: a directory of the user's own below $XDG_RUNTIME_DIR", async () => {
  const aggregator = await AggregatorProcess.start(["unixsock", "unixgram", "fifo"]);
  const directory = join(aggregator.cwd, "log-aggregator");
  expect(lstatSync(directory).mode & 0o777).toBe(0o700);
  for (const { address } of aggregator.listening) expect(address.startsWith(`${directory}/`)).toBe(true);
  for (const { address } of aggregator.listening) expect(lstatSync(address).mode & 0o777).toBe(0o600);
  await aggregator.stop();
});

describe.each(TRANSPORT_NAMES)("%s", (name) => {
  const { boundary } = REGISTRY[name].traits;

  test("an address in use is refused with the pid of the process that listens, which keeps running", async () => {
    const first = await AggregatorProcess.start(everyTransport(temporaryDirectory()));
    const { address } = first.listening.find(({ transport }) => transport === name) ?? { address: "" };
    const second = await runAggregator([`${name}=${address}`]);
    expect(second).toMatchObject({ status: 1, stdout: "" });
    const { code, msg } = diagnostic(second, "error");
    expect(code).toBe("ADDRESS_IN_USE");
    expect(msg).toContain(address);
    expect(msg).toContain(`pid ${first.pid}`);
    openRawSender(first.endpoint(name), boundary).write("{}\n");
    expect((await first.stop()).ledger).toMatchObject({ stored: 1 });
  });

  test("what a killed aggregator left behind is taken over", async () => {
    const directory = temporaryDirectory();
    const first = await AggregatorProcess.start(everyTransport(directory));
    const endpoint = first.endpoint(name);
    const { address } = first.listening.find(({ transport }) => transport === name) ?? { address: "" };
    openRawSender(endpoint, boundary).write("{}\n");
    first.kill("SIGKILL");
    await first.ended;
    if (isPathEndpoint(endpoint)) expect(existsSync(endpoint.path)).toBe(true);
    const second = await AggregatorProcess.start([`${name}=${address}`]);
    openRawSender(second.endpoint(name), boundary).write('{"second":true}\n');
    await second.stop();
    expect(second.stored()).toContain('{"second":true}\n');
  });
});

test.each([
  ["unixsock", "NOT_A_SOCKET"],
  ["unixgram", "NOT_A_SOCKET"],
  ["fifo", "NOT_A_FIFO"],
])("%s: a file that is no such thing is refused and left alone", async (name, code) => {
  const path = join(temporaryDirectory(), "mine");
  writeFileSync(path, "precious");
  const ended = await runAggregator([`${name}=${path}`]);
  expect(ended).toMatchObject({ status: 1, stdout: "" });
  expect(diagnostic(ended, "error").code).toBe(code);
  expect(readFileSync(path, "utf8")).toBe("precious");
});

test("when one of several addresses can't be had, the others are left again", async () => {
  const directory = temporaryDirectory();
  const ended = await runAggregator([...everyTransport(directory), `unixsock=${directory}/missing/x.sock`]);
  expect(ended.status).toBe(1);
  expect(diagnostic(ended, "error").code).toBe("DIRECTORY_MISSING");
  expect(readdirSync(directory)).toEqual([]);
});

test("of several started at once exactly one gets the address", async () => {
  const path = join(temporaryDirectory(), "x.sock");
  const starters = Array.from({ length: 4 }, () => new AggregatorProcess([`unixsock=${path}`]));
  // Whoever wins stays; the others end.
  await Promise.all(
    starters.map((starter) =>
      Promise.race([
        starter.ended,
        starter.until(() => starter.listening.length === 1, "of listening").catch(() => {}),
      ]),
    ),
  );
  const winners = starters.filter((starter) => starter.listening.length === 1);
  expect(winners).toHaveLength(1);
  const ended = await Promise.all(
    starters.filter((starter) => !winners.includes(starter)).map((starter) => starter.ended),
  );
  expect(ended.map(({ status }) => status)).toEqual([1, 1, 1]);
  for (const loser of ended) expect(diagnostic(loser, "error").code).toBe("ADDRESS_IN_USE");
  openRawSender({ transport: "unixsock", path }, "stream").write("{}\n");
  expect((await winners[0]?.stop())?.ledger).toMatchObject({ stored: 1 });
});
