/**
 * What TLS costs on tcp: processor time per line of an aggregator and of a producer, with and without it. The two take
 * turns, so that whatever else the machine does affects both.
 *
 * usage: node --import tsx bench/tls.ts [rounds]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { median } from "../src/lab/statistics/summary.ts";
import { OwnProgram } from "../src/os/own-program.ts";
import { treeUses } from "../src/os/process-tree.ts";

/** Lines of 200 bytes: bytes of the message, where seq has 6 digits. */
const MESSAGE_BYTES = 200 - 144;
const LOADS = [
  { name: "64 lines per write", batch: 64, lines: 1_000_000 },
  { name: "one line per write", batch: 1, lines: 200_000 },
];

/** Microseconds of processor time per line. */
interface Cost {
  readonly aggregator: number;
  readonly producer: number;
}

const directory = mkdtempSync(join(tmpdir(), "bench-tls-"));
const [cert, key] = [join(directory, "cert.pem"), join(directory, "key.pem")];
const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const subject = ["-days", "1", "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1"];
execFileSync("openssl", ["req", "-x509", ...kind, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });

async function run(load: (typeof LOADS)[number], isEncrypted: boolean): Promise<Cost> {
  const output = join(directory, "out.jsonl");
  const own = isEncrypted ? ["--tls-cert", cert, "--tls-key", key] : [];
  const aggregator = new OwnProgram("aggregator", ["tcp=127.0.0.1:0", "-o", output, "--log-level", "warn", ...own]);
  const { address } = await aggregator.event("listening");
  const theirs = isEncrypted ? ["--tls-ca", cert] : [];
  const sending = ["--rate", "max", "--batch", String(load.batch), "-n", String(load.lines), "--hold"];
  const producer = new OwnProgram("producer", [`tcp=${address}`, String(MESSAGE_BYTES), ...sending, ...theirs], {
    input: true,
  });
  await producer.event("ready");
  const of = ({ pid }: OwnProgram): number => treeUses([pid]).get(pid)?.cpuSeconds ?? Number.NaN;
  const before = { aggregator: of(aggregator), producer: of(producer) };
  producer.write("");
  const { sent } = await producer.event("done");
  const after = { aggregator: of(aggregator), producer: of(producer) };
  producer.endInput();
  await producer.ended;
  aggregator.kill("SIGTERM");
  const { stored } = await aggregator.event("closed");
  await aggregator.ended;
  rmSync(output);
  if (sent !== load.lines || stored !== load.lines) throw new Error(`${sent} sent and ${stored} stored`);
  const perLine = (side: keyof Cost): number => ((after[side] - before[side]) * 1e6) / load.lines;
  return { aggregator: perLine("aggregator"), producer: perLine("producer") };
}

const rounds = Number(process.argv[2] ?? 7);
for (const load of LOADS) {
  const plain: Cost[] = [];
  const encrypted: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    plain.push(await run(load, false));
    encrypted.push(await run(load, true));
  }
  for (const side of ["aggregator", "producer"] as const) {
    const [without, within] = [plain, encrypted].map((costs) => median(costs.map((cost) => cost[side])));
    const ratio = median(plain.map((cost, round) => (encrypted[round]?.[side] ?? Number.NaN) / cost[side]));
    const figures = `${without?.toFixed(2)} µs per line, with TLS ${within?.toFixed(2)} µs, ratio ${ratio.toFixed(2)}`;
    process.stdout.write(`${load.name}, ${side}: ${figures}\n`);
  }
}
rmSync(directory, { recursive: true });
