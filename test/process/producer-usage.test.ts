import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseEndpoint } from "../../src/addresses/endpoint-argument.ts";
import { TRANSPORT_NAMES } from "../../src/core/transport-name.ts";
import { pathRulesOf } from "../../src/transports/registry.ts";
import { MessageReceiver } from "../support/message-receiver.ts";
import { runProducer } from "../support/producer-process.ts";
import { StreamReceiver } from "../support/stream-receiver.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

describe("wrong usage ends with 2 and says what is wrong", () => {
  test.each([
    [[], "error: name the transport to send over"],
    [["--rate", "5"], "error: name the transport to send over"],
    [["unixsok"], "did you mean unixsock?"],
    [["tcp=/tmp/x"], "has a path where tcp takes host:port"],
    [["tcp=:0"], "is for listening"],
    [["unixsock=@x"], "abstract name"],
    [["unixsock", "big"], '\\"big\\" is not a message size'],
    [["unixsock", "999999999"], "is not a message size"],
    [["unixsock", "1", "2"], "too many arguments"],
    [["unixsock", "--rate", "0"], "Write lines per second"],
    [["unixsock", "--rate", "fast"], "Write lines per second"],
    [["unixsock", "--count", "-1"], "Write a whole number"],
    [["unixsock", "--interval", "0"], "longer than 0"],
    [["unixsock", "--interval", "1w"], "Write a duration"],
    [["unixsock", "--rate", "5", "--interval", "5"], "cannot be used with option '-i, --interval"],
    [["unixsock", "--batch", "5"], "--batch needs --rate"],
    [["unixsock", "--max-line", "5KiB"], "--max-line is for lines of --stdin or a command"],
    [["unixsock", "--stdin", "--rate", "5"], "cannot be used with option"],
    [["unixsock", "100", "--stdin"], "a message size (100) is for generated lines, and --stdin has its own"],
    [["unixsock", "--plain", "--", "ls"], "--plain is for generated lines, and a command after -- has its own"],
    [["unixsock", "--stdin", "--", "ls"], "two inputs"],
    [["unixsock", "--ack", "--id", ""], "--ack needs an --id of 1 to 128 bytes, not of 0"],
    [["tcp", "--ack", "--stdin", "--id", "é".repeat(65)], "--ack needs an --id of 1 to 128 bytes, not of 130"],
    [["unixsock", "--"], "no command follows --"],
    [["unixsock", "--", ""], "no command follows --"],
    [["unixsock", "--log-level", "loud"], "Allowed choices are"],
    [["unixsock", "--cuont", "5"], "Did you mean --count?"],
  ])("%j", async (args, message) => {
    const finished = await runProducer(args);
    expect(finished).toMatchObject({ status: 2, stdout: "" });
    expect(finished.stderr).toContain(message);
  });
});

test("without a transport it lists all of them, each with an example", async () => {
  const { stderr } = await runProducer([]);
  for (const name of TRANSPORT_NAMES) {
    const [, example = ""] = new RegExp(`^  producer (${name}=\\S+) `, "m").exec(stderr) ?? [];
    expect(parseEndpoint(example, pathRulesOf, () => expect.unreachable())).toMatchObject({ transport: name });
  }
  expect(stderr.split("\n").filter((line) => line.length > 80)).toEqual([]);
});

test("--help has examples, --version the version", async () => {
  const help = await runProducer(["--help"]);
  expect(help).toMatchObject({ status: 0, stderr: "" });
  expect(help.stdout).toContain("$ producer unixsock ");
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(await runProducer(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n` });
});

describe("what can't be reached ends with 1 and one line that says why", () => {
  async function expectFailure(args: readonly string[], code: string, message: string): Promise<void> {
    const finished = await runProducer([...args, "--wait", "0"]);
    expect(finished).toMatchObject({ status: 1, stdout: "" });
    expect(finished.stderr.split("\n")).toHaveLength(1);
    expect(JSON.parse(finished.stderr)).toMatchObject({ level: "error", name: "producer", code });
    expect(JSON.parse(finished.stderr).msg).toContain(message);
  }

  test.each(["unixsock", "unixgram", "fifo"])("%s with nothing at the path", async (name) => {
    const argument = `${name}=${join(temporaryDirectory(), "log")}`;
    await expectFailure([argument], "LISTENER_UNREACHABLE", `start the aggregator first: aggregator ${argument}`);
  });

  test("tcp with nobody listening", async () => {
    const receiver = await StreamReceiver.listen({ host: "127.0.0.1", port: 0 });
    const argument = `tcp=127.0.0.1:${receiver.port}`;
    receiver.stop();
    await expectFailure([argument], "LISTENER_UNREACHABLE", `aggregator ${argument}`);
  });

  test.each(["unixsock", "unixgram"])("%s with a file that is no socket, which is left alone", async (name) => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "precious");
    await expectFailure([`${name}=${path}`], "NOT_A_SOCKET", `${path} is not a socket`);
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("fifo with a file that is no FIFO, which is left alone", async () => {
    const path = join(temporaryDirectory(), "file");
    writeFileSync(path, "precious");
    await expectFailure([`fifo=${path}`], "NOT_A_FIFO", `${path} is not a FIFO`);
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  test("unixsock with a datagram socket", async () => {
    const path = join(temporaryDirectory(), "log.sock");
    await MessageReceiver.start("unixgram", path);
    await expectFailure([`unixsock=${path}`], "NOT_A_SOCKET", "is a socket of another kind than unixsock");
  });

  test.each([
    ["fifo=/nowhere/fifo", "5000", "use a message of at most"],
    ["udp=127.0.0.1:9", "70000", "longer than udp takes (65507"],
    ["unixgram=/nowhere/sock", "213000", "longer than unixgram takes (212960"],
  ])("%s with a message of %s: refused before anything is tried", async (address, size, message) => {
    await expectFailure([address, size], "LINE_TOO_LONG", message);
  });

  test.each(["udp", "tcp"])("%s to a host that doesn't exist", async (name) => {
    const finished = await runProducer([`${name}=no-such-host.invalid:9000`, "--wait", "0"]);
    // Where no name server answers, that is what is said.
    expect([1, 2]).toContain(finished.status);
    expect(finished.stderr).toMatch(/names an unknown host|the name server doesn't answer/);
  });
});
