import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { describe, expect, test } from "vitest";
import { formatAddress } from "../../src/core/endpoint.ts";
import { AggregatorProcess, runAggregator } from "../support/aggregator-process.ts";
import { Authority, type IssuedFiles, replaceFiles } from "../support/authority.ts";
import { WITHOUT_OPENSSL } from "../support/certificate.ts";
import { ProducerProcess, runProducer, summaryOf } from "../support/producer-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** An authority, and files of a listener and of a sender. */
class Scene {
  readonly authority = new Authority("authority");
  readonly own: IssuedFiles = this.authority.issue("first");
  readonly #sender = this.authority.issue("sender");

  /** Options of an aggregator. */
  get listening(): string[] {
    return ["--tls-cert", this.own.cert, "--tls-key", this.own.key, "--tls-ca", this.authority.cert];
  }

  /** Options of a producer. */
  get sending(): string[] {
    return ["--tls-ca", this.authority.cert, "--tls-cert", this.#sender.cert, "--tls-key", this.#sender.key];
  }

  /** The name in the certificate that a new connection gets. */
  async nameAt(aggregator: AggregatorProcess): Promise<string | undefined> {
    const [host, port] = addressOf(aggregator).split(":");
    const files = { cert: readFileSync(this.#sender.cert), key: readFileSync(this.#sender.key) };
    const socket = connect({ host, port: Number(port), ca: readFileSync(this.authority.cert), ...files });
    await once(socket, "secureConnect");
    const name = socket.getPeerCertificate().subject.CN;
    socket.resume().end();
    await once(socket, "close");
    return String(name);
  }

  /** Runs a foreign program that sends its standard input. @returns its exit status */
  async runForeign(command: string, args: readonly string[], input: string): Promise<number | null> {
    const child = spawn(command, args, { stdio: ["pipe", "ignore", "ignore"] });
    child.stdin.end(input);
    const [status] = await once(child, "close");
    return status;
  }

  /** What openssl and socat need, in the order authority, certificate, key. */
  get senderFiles(): readonly [string, string, string] {
    return [this.authority.cert, this.#sender.cert, this.#sender.key];
  }
}

function addressOf(aggregator: AggregatorProcess): string {
  return formatAddress(aggregator.endpoint("tcp"));
}

describe.skipIf(WITHOUT_OPENSSL !== undefined)("TLS", () => {
  test.each([[[]], [["--ack"]]])("carries a producer's lines, with %j", async (more) => {
    const scene = new Scene();
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
    const scene = new Scene();
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
    const scene = new Scene();
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

  test("a new certificate is used without losing a connection or a line, and unusable ones aren't", async () => {
    const scene = new Scene();
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
    const scene = new Scene();
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

  test("with an expired certificate starts with a warning", async () => {
    const scene = new Scene();
    replaceFiles(scene.own, scene.authority.issue("expired", 0));
    const aggregator = await AggregatorProcess.start(["tcp=:0", ...scene.listening]);
    expect((await aggregator.stop()).stderr).toContain("has expired");
  });
});

describe.skipIf(WITHOUT_OPENSSL !== undefined)("wrong options", () => {
  test.each<[string, (scene: Scene, files: IssuedFiles) => string[], readonly [number, string]]>([
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
    const scene = new Scene();
    const ended = await runAggregator(args(scene, scene.authority.issue("other")));
    expect([ended.status, ended.stderr]).toEqual([status, expect.stringContaining(words)]);
  });

  test("a key that others can read is refused, by either side", async () => {
    const scene = new Scene();
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
