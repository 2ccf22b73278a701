import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setImmediate as nextIteration } from "node:timers/promises";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { SenderCertificates } from "../../src/core/certificates.ts";
import { isPathEndpoint } from "../../src/core/endpoint.ts";
import { TLS_HANDSHAKES_MAX } from "../../src/core/limits.ts";
import { StreamChannel } from "../../src/transports/shared/stream-channel.ts";
import { type Channel, isStream } from "../../src/transports/transport.ts";
import { Bench } from "../conformance/bench.ts";
import { Authority, type IssuedFiles } from "../support/authority.ts";
import { WITHOUT_OPENSSL } from "../support/certificate.ts";
import { expectOperational, rejectionOf } from "../support/failure.ts";
import { Recorder, recordingOptions } from "../support/recorder.ts";
import { tlsSubject } from "../support/subject.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A listener that demands certificates of its authority, and what it said about handshakes. */
class Scene {
  readonly authority = new Authority("authority");
  readonly ca: string = readFileSync(this.authority.cert, "utf8");
  readonly reasons: string[] = [];

  async open(changes: { handshakeMsMax?: number; ca?: undefined; days?: number } = {}): Promise<Bench> {
    const certificates = { ...contents(this.authority.issue("listener", changes.days)), ca: this.ca, ...changes };
    const tls = {
      certificates,
      handshakeMsMax: changes.handshakeMsMax ?? 10_000,
      failed: (reason: string) => void this.reasons.push(reason),
    };
    return Bench.open(tlsSubject(certificates, {}), { tls });
  }

  /** A sender that shows these files. */
  client(files?: IssuedFiles): SenderCertificates {
    return { ca: this.ca, ...(files === undefined ? {} : contents(files)) };
  }
}

function contents({ cert, key }: IssuedFiles): { readonly cert: string; readonly key: string } {
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}

function portOf({ endpoint }: Bench): number {
  return isPathEndpoint(endpoint) ? 0 : endpoint.port;
}

/** Opens a sender and sends a line. */
async function send(bench: Bench, tls: SenderCertificates): Promise<void> {
  const { transport } = tlsSubject({ cert: "", key: "" }, tls);
  const sender = transport.createSender(bench.endpoint, { waitMs: 0, waiting: () => {}, unsent: () => {} });
  onTestFinished(() => sender.close());
  await sender.open(new AbortController().signal);
  await sender.send(Buffer.from("{}\n"));
}

/** Connects as a foreign program does. Resolves when the connection is closed. */
async function foreign(bench: Bench, options: ConnectionOptions): Promise<void> {
  const socket = connectTls({ port: portOf(bench), host: "127.0.0.1", rejectUnauthorized: false, ...options });
  await closed(socket);
}

/** Resolves when the other side has closed the connection, whatever error that is. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => {}).once("close", () => resolve());
    socket.resume();
  });
}

describe.skipIf(WITHOUT_OPENSSL !== undefined)("a listener with --tls-ca", () => {
  test("stores the lines of a sender with a certificate of its authority", async () => {
    const scene = new Scene();
    const bench = await scene.open();
    await send(bench, scene.client(scene.authority.issue("sender")));
    await bench.arrived(1);
    expect(bench.listener.stats()).toMatchObject({ accepted: 1, failedHandshakes: 0 });
  });

  test("refuses a sender without a certificate that resumes the session of one with it", async () => {
    const scene = new Scene();
    const bench = await scene.open();
    const options = { port: portOf(bench), host: "127.0.0.1", rejectUnauthorized: false };
    const first = connectTls({ ...options, ...scene.client(scene.authority.issue("sender")) });
    const [session] = await once(first, "session");
    const end = closed(first);
    first.end();
    await end;
    await foreign(bench, { session });
    expect([scene.reasons, bench.listener.stats().failedHandshakes]).toEqual([["no certificate"], 1]);
  });

  test("is checked by the sender even where the environment says that Node needn't", async () => {
    const scene = new Scene();
    const bench = await scene.open({ ca: undefined });
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    onTestFinished(() => void vi.unstubAllEnvs());
    expectOperational(await rejectionOf(send(bench, { ca: new Scene().ca })), "TLS_FAILED");
    expect(bench.collector.bytes).toBe(0);
  });

  test.each<[string, (scene: Scene) => IssuedFiles | undefined, string]>([
    ["no certificate", () => undefined, "no certificate"],
    ["one of another authority", () => new Authority("other").issue("sender"), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["an expired one", (scene) => scene.authority.issue("expired", 0), "CERT_HAS_EXPIRED"],
    ["a self-signed one", () => new Authority("self").own, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ])("refuses a sender with %s, which has sent nothing", async (_, files, reason) => {
    const scene = new Scene();
    const bench = await scene.open();
    const error = await rejectionOf(send(bench, scene.client(files(scene))));
    expectOperational(error, "TLS_FAILED");
    expect(String(error)).toContain("closes the connection after the TLS handshake");
    expect([scene.reasons, bench.collector.channels]).toEqual([[reason], []]);
    expect(bench.listener.stats()).toMatchObject({ accepted: 1, failedHandshakes: 1, cutSenders: 0 });
  });

  test.each<[string, (scene: Scene) => SenderCertificates, string]>([
    ["doesn't trust its authority", () => ({ ca: new Scene().ca }), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["trusts only those of Node", () => ({}), "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["wants another name", (scene) => ({ ca: scene.ca, servername: "logs.example.com" }), "ALTNAME_INVALID"],
  ])("gets nothing of a sender that %s", async (_, certificates, reason) => {
    const scene = new Scene();
    const bench = await scene.open({ ca: undefined });
    const error = await rejectionOf(send(bench, certificates(scene)));
    expectOperational(error, "TLS_FAILED");
    expect(String(error)).toContain(reason);
    expect(bench.collector.lineCount).toBe(0);
  });

  test("gets nothing of a sender after its own certificate has expired", async () => {
    const scene = new Scene();
    const bench = await scene.open({ days: 0, ca: undefined });
    const error = await rejectionOf(send(bench, scene.client()));
    expect(String(error)).toContain("CERT_HAS_EXPIRED");
  });
});

describe.skipIf(WITHOUT_OPENSSL !== undefined)("a handshake", () => {
  test("with TLS 1.2 is refused and counted", async () => {
    const scene = new Scene();
    const bench = await scene.open({ ca: undefined });
    await foreign(bench, { maxVersion: "TLSv1.2" });
    expect(scene.reasons).toEqual(["ERR_SSL_UNSUPPORTED_PROTOCOL"]);
  });

  test.each([
    ["lines", '{"message":"hello"}\n'],
    ["an HTTP request", "GET / HTTP/1.1\r\n\r\n"],
  ])("that is no handshake but %s is refused and counted", async (_, text) => {
    const scene = new Scene();
    const bench = await scene.open({ ca: undefined });
    const socket = connect(portOf(bench), "127.0.0.1");
    socket.write(text);
    await closed(socket);
    expect(scene.reasons).toEqual([
      expect.stringMatching(/^ERR_SSL_(WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG)$/),
    ]);
    expect(bench.listener.stats()).toMatchObject({ failedHandshakes: 1 });
    expect(bench.collector.channels).toEqual([]);
  });

  test("that doesn't end is cut off and counted", async () => {
    const scene = new Scene();
    const bench = await scene.open({ handshakeMsMax: 50 });
    const socket = connect(portOf(bench), "127.0.0.1");
    socket.write(Buffer.of(0x16, 0x03, 0x01));
    await closed(socket);
    expect(scene.reasons).toEqual(["timeout"]);
  });

  test("of a sender that leaves in it is counted", async () => {
    const scene = new Scene();
    const bench = await scene.open();
    const socket = connect(portOf(bench), "127.0.0.1");
    await once(socket, "connect");
    socket.end();
    await closed(socket);
    await bench.listener.close();
    expect(scene.reasons).toEqual(["disconnected"]);
  });

  test("floods are bounded in number, and senders that waited get their turn", async () => {
    const scene = new Scene();
    const bench = await scene.open({ ca: undefined });
    const flood = Array.from({ length: TLS_HANDSHAKES_MAX + 100 }, () => connect(portOf(bench), "127.0.0.1"));
    const endFlood = (): void => {
      for (const socket of flood) socket.destroy();
    };
    onTestFinished(endFlood);
    await Promise.all(flood.map((socket) => once(socket, "connect")));
    const sent = send(bench, scene.client());
    while (bench.listener.stats().accepted < TLS_HANDSHAKES_MAX) await nextIteration();
    expect(bench.listener.stats().accepted).toBe(TLS_HANDSHAKES_MAX);
    endFlood();
    await sent;
    await bench.arrived(1);
    expect(bench.listener.stats().accepted).toBe(flood.length + 1);
  });
});

describe.skipIf(WITHOUT_OPENSSL !== undefined)("a connection that is reset", () => {
  test("while its receiver pauses loses nothing of what was decrypted", async () => {
    const { authority, ca } = new Scene();
    const { transport, freshEndpoint } = tlsSubject(contents(authority.issue("listener")), { ca });
    if (!isStream(transport)) throw new Error("tcp is a stream");
    const recorder = new Recorder();
    recorder.gate.close();
    const channels: Channel[] = [];
    const accept = (channel: Channel): Recorder => {
      channels.push(channel);
      return recorder;
    };
    const listener = transport.createListener(freshEndpoint(temporaryDirectory()), {
      ...recordingOptions(recorder),
      accept,
    });
    const { endpoint } = await listener.listen();
    onTestFinished(() => listener.close());
    const carrier = connect(isPathEndpoint(endpoint) ? 0 : endpoint.port, "127.0.0.1");
    const socket = connectTls({ socket: carrier, ca, host: "127.0.0.1" });
    await once(socket, "secureConnect");
    socket.write("first\n");
    await recorder.until(() => recorder.parts.length === 1);
    for (let n = 0; n < 10; n++) await new Promise((resolve) => socket.write(`line ${n}\n`, resolve));
    const [channel] = channels;
    if (!(channel instanceof StreamChannel)) throw new Error("a connection is a stream channel");
    while (channel.bytes < carrier.bytesWritten) await nextIteration();
    expect(recorder.parts).toHaveLength(1);
    carrier.resetAndDestroy();
    await recorder.until(() => recorder.ended === 1);
    expect(recorder.text.split("\n")).toEqual(["first", ...Array.from({ length: 10 }, (_, n) => `line ${n}`), ""]);
  });

  test("keeps the beginning of its last line", async () => {
    const scene = new Scene();
    const bench = await scene.open({ ca: undefined });
    const carrier = connect(portOf(bench), "127.0.0.1");
    const socket = connectTls({ socket: carrier, ca: scene.ca, host: "127.0.0.1" });
    await once(socket, "secureConnect");
    socket.write("whole\npartial");
    await bench.arrived(1);
    carrier.resetAndDestroy();
    await bench.arrived(2);
    expect(bench.collector.lines).toEqual(["whole", "partial"]);
    expect(bench.collector.counts.unterminated).toBe(1);
  });
});
