import { chmodSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { AggregatorProcess, runAggregator } from "../support/aggregator-process.ts";
import { type IssuedFiles, replaceFiles } from "../support/authority.ts";
import { WITHOUT_OPENSSL } from "../support/certificate.ts";
import { runProducer, summaryOf } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { addressOf, TlsScene } from "../support/tls-scene.ts";

describe.skipIf(WITHOUT_OPENSSL !== undefined)("TLS", () => {
  test.each([[[]], [["--ack"]]])("carries a producer's lines, with %j", async (more) => {
    const scene = new TlsScene();
    const aggregator = await AggregatorProcess.start(["tcp=0.0.0.0:0", ...scene.listening]);
    const port = addressOf(aggregator).split(":")[1];
    const lines = ["--rate", "max", "-n", "5000"];
    const finished = await runProducer([`tcp=localhost:${port}`, ...lines, ...scene.sending, ...more]);
    expect([finished.status, finished.stderr]).toEqual([0, ""]);
    const { ledger, status, stderr } = await aggregator.stop();
    expect([summaryOf(finished).sent, ledger.received, ledger.stored, status]).toEqual([5000, 5000, 5000, 0]);
    expect([ledger.failedHandshakes, stderr]).toEqual([0, expect.not.stringContaining("warn")]);
  });

  test("takes lines of openssl and socat, which have their own", async () => {
    const scene = new TlsScene();
    const aggregator = await AggregatorProcess.start(["tcp=:0", ...scene.listening]);
    const address = addressOf(aggregator);
    const [ca, cert, key] = scene.senderFiles;
    const files = ["-CAfile", ca, "-cert", cert, "-key", key];
    const args = ["s_client", "-quiet", "-no_ign_eof", "-connect", address, ...files];
    await scene.runForeign("openssl", args, '{"by":"openssl"}\n');
    await aggregator.grown(17);
    const target = `OPENSSL:${address},openssl-min-proto-version=TLS1.3,cafile=${ca},cert=${cert},key=${key}`;
    expect(await scene.runForeign("socat", ["-u", "-", target], '{"by":"socat"}\n{"by":"socat"')).toBe(0);
    await aggregator.grown(17 + 15);
    const { ledger } = await aggregator.stop();
    expect(ledger).toMatchObject({ received: 3, stored: 3, failedHandshakes: 0 });
    expect(ledger.transports[0]).toMatchObject({ unterminated: 1 });
  });

  test("reports the first failed handshake of a host for each reason, and counts the others", async () => {
    const scene = new TlsScene();
    const aggregator = await AggregatorProcess.start(["tcp=:0", ...scene.listening]);
    const only = ["--tls-ca", scene.authority.cert, "-n", "1", "--wait", "0"];
    for (let i = 0; i < 2; i++) {
      const finished = await runProducer([`tcp=${addressOf(aggregator)}`, ...only]);
      expect([finished.status, finished.stderr]).toEqual([1, expect.stringContaining('"code":"TLS_FAILED"')]);
    }
    const { ledger, stderr, status } = await aggregator.stop();
    expect(stderr.match(/TLS handshake failed \(no certificate\)/g)).toHaveLength(1);
    expect([ledger.failedHandshakes, ledger.received, status]).toEqual([2, 0, 0]);
  });

  test("with an expired certificate starts with a warning", async () => {
    const scene = new TlsScene();
    replaceFiles(scene.own, scene.authority.issue("expired", 0));
    const aggregator = await AggregatorProcess.start(["tcp=:0", ...scene.listening]);
    expect((await aggregator.stop()).stderr).toContain("has expired");
  });
});

describe.skipIf(WITHOUT_OPENSSL !== undefined)("wrong options", () => {
  test.each<[string, (scene: TlsScene, files: IssuedFiles) => string[], readonly [number, string]]>([
    [
      "a key without its certificate",
      (_, { key }) => ["tcp=:0", "--tls-key", key],
      [2, "pass --tls-cert and --tls-key"],
    ],
    ["only authorities", (scene) => ["tcp=:0", "--tls-ca", scene.authority.cert], [2, "pass --tls-cert and --tls-key"]],
    ["TLS without tcp", (scene) => ["unixsock=s", ...scene.listening], [2, "on which nothing listens here"]],
    ["TLS and none", (scene) => ["tcp=:0", "--insecure", ...scene.listening], [2, "contradict each other"]],
    [
      "another certificate's key",
      (scene, { key }) => ["tcp=:0", "--tls-cert", scene.own.cert, "--tls-key", key],
      [1, "is not the key of the certificate"],
    ],
  ])("%s: the aggregator doesn't start", async (_, args, [status, words]) => {
    const scene = new TlsScene();
    const ended = await runAggregator(args(scene, scene.authority.issue("other")));
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(words)]);
  });

  test("a key that others can read is refused, by either side", async () => {
    const scene = new TlsScene();
    const [, , key] = scene.senderFiles;
    for (const file of [scene.own.key, key]) chmodSync(file, 0o644);
    for (const { status, stderr } of [
      await runAggregator(["tcp=:0", ...scene.listening]),
      await runProducer(["tcp=127.0.0.1:9000", ...scene.sending]),
    ]) {
      expect([status, stderr]).toEqual([1, expect.stringContaining("is open to others (mode 0644)")]);
    }
  });

  test("TLS over another transport is a usage error of the producer", async () => {
    const { status, stderr } = await runProducer([`unixsock=${temporaryDirectory()}/s`, "--tls-servername", "a"]);
    expect([status, stderr]).toEqual([2, expect.stringContaining("TLS is for tcp, not for unixsock")]);
  });
});
