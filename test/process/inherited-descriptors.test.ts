import { existsSync, lstatSync, readFileSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { hasPath, TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { AggregatorProcess, accountOf, diagnostic, runAggregator } from "../support/aggregator-process.ts";
import { warnings } from "../support/diagnostics.ts";
import { PassedSockets } from "../support/passed-sockets.ts";
import { openRawSender } from "../support/raw-sender.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

let directory = "";
beforeEach(() => {
  directory = temporaryDirectory();
});

function passedSockets(transports?: readonly TransportName[]): PassedSockets {
  const sockets = new PassedSockets(directory, transports);
  onTestFinished(() => sockets[Symbol.dispose]());
  return sockets;
}

/** Sends one line by a sender of its own, which connects and leaves. */
function send(aggregator: AggregatorProcess, transport: TransportName, line: string): void {
  const { boundary } = REGISTRY[transport].traits;
  const sender = openRawSender(aggregator.endpoint(transport), boundary);
  sender.write(`{"line":"${line}"}\n`);
  sender.close();
}

describe("descriptors that a service manager passes", () => {
  test("are listened on, left as they are at the stop, and keep what comes until the next start", async () => {
    const sockets = passedSockets();
    const files = (): unknown[] =>
      TRANSPORT_NAMES.filter(hasPath).map((name) => {
        const { ino, mode, uid, gid } = lstatSync(join(directory, name));
        return { ino, mode, uid, gid };
      });
    const before = files();
    const first = await AggregatorProcess.start([], { cwd: directory, passed: sockets.descriptors });
    expect(first.listening.map(({ transport, inherited }) => [transport, inherited])).toEqual(
      TRANSPORT_NAMES.map((name) => [name, true]),
    );
    for (const transport of TRANSPORT_NAMES) send(first, transport, `first ${transport}`);
    await first.grown(TRANSPORT_NAMES.reduce((sum, name) => sum + `{"line":"first ${name}"}\n`.length, 0));
    const stopped = await first.stop();
    expect(stopped.status).toBe(0);
    expect(stopped.ledger.received).toBe(5);
    expect(files()).toEqual(before);
    for (const transport of TRANSPORT_NAMES) send(first, transport, `later ${transport}`);
    const second = await AggregatorProcess.start([], { cwd: directory, passed: sockets.descriptors });
    await second.grown(TRANSPORT_NAMES.reduce((sum, name) => sum + `{"line":"first ${name}"}\n`.length * 2, 0));
    expect((await second.stop()).ledger.received).toBe(5);
    const expected = TRANSPORT_NAMES.flatMap((name) => [`{"line":"first ${name}"}`, `{"line":"later ${name}"}`]);
    expect(second.storedLines().toSorted()).toEqual(expected.toSorted());
  });

  test("may be named, beside endpoints that the aggregator binds itself", async () => {
    const sockets = passedSockets(["unixsock", "fifo"]);
    const args = [sockets.endpoint("fifo"), "udp=127.0.0.1:0", sockets.endpoint("unixsock")];
    const aggregator = await AggregatorProcess.start(args, { passed: sockets.descriptors, names: "stream:pipe" });
    const found = aggregator.listening.map(({ transport, inherited }) => [transport, inherited]);
    expect(found).toEqual([
      ["fifo", true],
      ["udp", undefined],
      ["unixsock", true],
    ]);
    const { ledger } = await aggregator.stop();
    expect(accountOf(ledger, "unixsock").leftInQueue).toEqual({ unit: "connections", count: 0 });
    expect(accountOf(ledger, "fifo").leftInQueue).toEqual({ unit: "bytes", count: 0 });
    expect(accountOf(ledger, "udp").leftInQueue).toBeUndefined();
  });

  test("are not passed on: the variables are gone, and the descriptors close on exec", async () => {
    const sockets = passedSockets(["unixsock"]);
    const aggregator = await AggregatorProcess.start([], { passed: sockets.descriptors });
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/${aggregator.pid}/fdinfo/3`, "utf8"))?.[1];
    expect(Number.parseInt(flags ?? "", 8) & 0o2004000).toBe(0o2004000);
    await aggregator.stop();
  });

  test("that are meant for another process are not used, and a warning says so", async () => {
    const sockets = passedSockets(["unixsock"]);
    const env = { LISTEN_PID: "1", LISTEN_FDS: "1" };
    const aggregator = await AggregatorProcess.start([`unixsock=${join(directory, "own")}`], { env });
    expect(aggregator.listening[0]?.inherited).toBeUndefined();
    expect(warnings((await aggregator.stop()).stderr)).toEqual([
      expect.stringMatching(/^LISTEN_PID is 1 and this pro/),
    ]);
    expect(existsSync(sockets.all.get("unixsock")?.address ?? "")).toBe(true);
  });

  test("are refused where no endpoint names them, before anything is bound or removed", async () => {
    const sockets = passedSockets(["unixgram"]);
    const other = join(directory, "other");
    const ended = await runAggregator([`unixsock=${other}`], { passed: sockets.descriptors, names: "app" });
    expect(ended.status).toBe(1);
    const { code, msg } = diagnostic(ended, "error");
    expect(code).toBe("DESCRIPTOR_UNUSABLE");
    expect(msg).toMatch(/^descriptor 3 \(app\) is unixgram /);
    expect(msg).toContain(`name ${sockets.endpoint("unixgram")} too`);
    expect(existsSync(other)).toBe(false);
    expect(existsSync(join(directory, "unixgram"))).toBe(true);
  });

  test("are named in a warning when nobody can reach them any more, or options can't apply", async () => {
    const sockets = passedSockets(["unixsock", "fifo"]);
    unlinkSync(join(directory, "unixsock"));
    const all = await AggregatorProcess.start(["--socket-mode", "0666"], { passed: sockets.descriptors });
    expect(lstatSync(join(directory, "fifo")).mode & 0o777).toBe(0o600);
    expect(warnings((await all.stop()).stderr)).toEqual([
      expect.stringContaining("keeps its owner and mode"),
      expect.stringContaining("has lost its path"),
      expect.stringContaining("keeps its owner and mode"),
    ]);
  });
});
