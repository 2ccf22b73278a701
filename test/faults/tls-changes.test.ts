import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AggregatorProcess } from "../support/aggregator-process.ts";
import { replaceFiles } from "../support/authority.ts";
import { WITHOUT_OPENSSL } from "../support/certificate.ts";
import { ProducerProcess, summaryOf } from "../support/producer-process.ts";
import { addressOf, TlsScene } from "../support/tls-scene.ts";

describe.skipIf(WITHOUT_OPENSSL !== undefined)("while a producer sends with TLS", () => {
  test("a new certificate is used without losing a connection or a line, and unusable ones aren't", async () => {
    const scene = new TlsScene();
    const aggregator = await AggregatorProcess.start(["tcp=:0", ...scene.listening]);
    const lines = ["--rate", "20000", "--hold"];
    const producer = new ProducerProcess([`tcp=${addressOf(aggregator)}`, ...lines, ...scene.sending]);
    producer.stdin.write("\n");
    await aggregator.grown(100_000);
    const hangUp = async (words: string): Promise<void> => {
      const seen = aggregator.stderr.split(words).length;
      aggregator.kill("SIGHUP");
      await aggregator.until(() => aggregator.stderr.split(words).length > seen, `to say "${words}"`);
    };
    expect(await scene.nameAt(aggregator)).toBe("first");
    replaceFiles(scene.own, scene.authority.issue("second"));
    await hangUp("new connections get the certificate");
    expect(await scene.nameAt(aggregator)).toBe("second");
    replaceFiles(scene.own, scene.authority.issue("expired", 0));
    await hangUp("the former certificate stays in use");
    writeFileSync(scene.own.cert, "no certificate");
    await hangUp("the former certificate stays in use");
    expect(await scene.nameAt(aggregator)).toBe("second");
    producer.stdin.end();
    const { sent, unsent } = summaryOf(await producer.finished);
    const { ledger } = await aggregator.stop();
    expect([ledger.received, ledger.stored]).toEqual([sent, sent]);
    expect(Object.values(unsent)).toEqual([0, 0, 0, 0, 0]);
    expect(ledger.transports[0]).toMatchObject({ accepted: 4, failedHandshakes: 0, cutSenders: 0 });
  });

  test.each([[[]], [["--ack"]]])("a stop while a producer sends loses nothing, with %j", async (more) => {
    const scene = new TlsScene();
    const first = await AggregatorProcess.start(["tcp=:0", ...scene.listening]);
    const address = addressOf(first);
    const producer = new ProducerProcess([`tcp=${address}`, "--rate", "20000", "--hold", ...scene.sending, ...more]);
    producer.stdin.write("\n");
    await first.grown(500_000);
    const one = await first.stop();
    const second = await AggregatorProcess.start([`tcp=${address}`, ...scene.listening]);
    await second.grown(500_000);
    producer.stdin.end();
    const { sent, unsent } = summaryOf(await producer.finished);
    const two = await second.stop();
    expect(Object.values(unsent)).toEqual([0, 0, 0, 0, 0]);
    expect([one.status, two.status]).toEqual([0, 0]);
    const stored = new Set([...first.storedLines(), ...second.storedLines()]);
    expect([stored.size, one.ledger.stored + two.ledger.stored]).toEqual([sent, sent]);
  });
});
