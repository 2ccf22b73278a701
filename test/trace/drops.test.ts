import { createSocket, type Socket } from "node:dgram";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { requireTracing } from "./tracing.ts";
import { outputOf, Workbench } from "./workbench.ts";

requireTracing();

const DATAGRAMS = 3001;

/** -ENOMEM: what the kernel says to itself when a receive buffer is full. */
const BUFFER_FULL = "-12";

test("a stopped receiver's udp drops are those that the kernel counted", async () => {
  const workbench = new Workbench();
  const script = await workbench.attach("skb_drops.bt");
  const aggregator = await workbench.aggregator("udp", "--receive-buffer", "64KiB");
  const port = Number(/:(\d+)$/.exec(aggregator.endpoint)?.[1]);
  const before = machineDrops();
  aggregator.child.kill("SIGSTOP");
  await send(port);
  const [drops, machine] = [socketDrops(port), machineDrops() - before];
  aggregator.child.kill("SIGCONT");
  const ledger = await aggregator.stop();
  const { counts } = await outputOf(script);

  expect(drops).toBeGreaterThan(DATAGRAMS / 2);
  expect(drops).toBeLessThan(DATAGRAMS);
  expect(counts.get("@udp_queue_full")?.get(BUFFER_FULL)).toBe(machine);
  expect(ledger["kernelDrops"]).toBe(drops);
  expect(machine).toBeGreaterThanOrEqual(drops);
});

async function send(port: number): Promise<void> {
  const socket = createSocket("udp4");
  const line = Buffer.from(`{"message":"${"x".repeat(100)}"}\n`);
  for (let sent = 0; sent < DATAGRAMS; sent += 1) await sendOne(socket, line, port);
  socket.close();
}

function sendOne(socket: Socket, line: Buffer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(line, port, "127.0.0.1", (error) => (error === null ? resolve() : reject(error)));
  });
}

/** The socket's own counter: the last column of /proc/net/udp. */
function socketDrops(port: number): number {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const row = readFileSync("/proc/net/udp", "utf8")
    .split("\n")
    .find((line) => line.includes(`0100007F:${hex} `));
  return Number(row?.trim().split(/\s+/).at(-1));
}

/** All the machine's drops of this kind, as the script counts them. */
function machineDrops(): number {
  const [names = [], values = []] = readFileSync("/proc/net/snmp", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("Udp:"))
    .map((line) => line.split(" "));
  return Number(values[names.indexOf("RcvbufErrors")]);
}
