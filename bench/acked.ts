/**
 * Acknowledged delivery with and without fsync: unixsock, 4 producers, lines of 200 bytes. The two alternate, so that
 * whatever else the machine does affects both. Also measures one fdatasync on the same disk.
 *
 * usage: node --import tsx bench/acked.ts [rounds] [lines of each producer] [folder on the disk to use]
 */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../src/lab/statistics/summary.ts";
import { OwnProgram } from "../src/os/own-program.ts";

const PRODUCERS = 4;
const LINE_BYTES = 200;
/** Bytes of a producer's line without its message, where seq has 6 digits, as in 9 of 10 lines. */
const MESSAGE_BYTES = LINE_BYTES - 144;
const SYNCS = 300;
const rounds = Number(process.argv[2] ?? 5);
const count = Number(process.argv[3] ?? 1_000_000);

/** Lines per second from the first line's sending to the last one's acknowledgement, over all producers. */
async function run(directory: string, durability: string): Promise<number> {
  const output = join(directory, "out.jsonl");
  const endpoint = `unixsock=${join(directory, "s")}`;
  const words = [endpoint, "-o", output, "--durability", durability, "--log-level", "warn"];
  const aggregator = new OwnProgram("aggregator", words);
  await aggregator.event("listening");
  const sending = [endpoint, String(MESSAGE_BYTES), "--ack", "--rate", "max", "-n", String(count)];
  const producers = Array.from(
    { length: PRODUCERS },
    (_, i) => new OwnProgram("producer", [...sending, "--id", `p${i}`]),
  );
  const done = await Promise.all(producers.map((producer) => producer.event("done")));
  const seconds = Math.max(...done.map((report) => Number(report["seconds"])));
  aggregator.kill("SIGTERM");
  await aggregator.ended;
  if (done.some(({ sent }) => sent !== count)) throw new Error("lines weren't acknowledged");
  rmSync(output);
  return (PRODUCERS * count) / seconds;
}

/** Milliseconds of write + fdatasync of 64 KiB, median. */
function syncMs(directory: string): number {
  const path = join(directory, "sync");
  const fd = openSync(path, "a");
  const block = Buffer.alloc(64 * 1024, "x");
  const times = Array.from({ length: SYNCS }, () => {
    writeSync(fd, block);
    const started = performance.now();
    fdatasyncSync(fd);
    return performance.now() - started;
  });
  closeSync(fd);
  rmSync(path);
  return median(times);
}

/**
 * The speed of the disk itself, in MB/s: 256 MiB written and synced 4 MiB at a time, as much as one group commit has.
 */
function syncedMegabytesPerSecond(directory: string): number {
  const path = join(directory, "disk");
  const fd = openSync(path, "a");
  const block = Buffer.alloc(4 * 1024 * 1024, "x");
  const started = performance.now();
  for (let i = 0; i < 64; i++) {
    writeSync(fd, block);
    fdatasyncSync(fd);
  }
  const seconds = (performance.now() - started) / 1000;
  closeSync(fd);
  rmSync(path);
  return (64 * block.length) / 1e6 / seconds;
}

const directory = mkdtempSync(join(process.argv[4] ?? tmpdir(), "bench-acked-"));
try {
  const rates: Record<"ack" | "none", number[]> = { ack: [], none: [] };
  const syncs: number[] = [];
  const disk: number[] = [];
  for (let round = 0; round < rounds; round++) {
    syncs.push(syncMs(directory));
    disk.push(syncedMegabytesPerSecond(directory));
    for (const durability of round % 2 === 0 ? (["none", "ack"] as const) : (["ack", "none"] as const)) {
      const linesPerSecond = await run(directory, durability);
      rates[durability].push(linesPerSecond);
      console.log(
        `round ${round + 1}  --durability ${durability.padEnd(4)}  ${(linesPerSecond / 1e6).toFixed(2)} M acknowledged lines/s`,
      );
    }
  }
  const [ack, none] = [median(rates.ack), median(rates.none)];
  const ratio = median(rates.ack.map((rate, i) => rate / (rates.none[i] ?? rate)));
  console.log(
    `fdatasync of 64 KiB: ${median(syncs).toFixed(2)} ms (median); the disk alone takes ${median(disk).toFixed(0)} MB/s synced, ${(median(disk) / LINE_BYTES).toFixed(2)} M such lines/s`,
  );
  console.log(
    `ack ${(ack / 1e6).toFixed(2)} M lines/s, none ${(none / 1e6).toFixed(2)} M lines/s, ratio ${ratio.toFixed(2)} (medians of ${rounds} rounds)`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
