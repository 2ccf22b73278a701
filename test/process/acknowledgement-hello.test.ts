import { chmodSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { AckedClient, aggregate, HELLO, hello, site, stop, welcome } from "../support/acked-client.ts";
import { NOBODY, needRoot } from "../support/other-user.ts";
import { RunningProgram } from "../support/running-program.ts";

const TEXT = '"producer" must be a string of 1 to 128 bytes';
const RUN = '"run" must be 1 to 64 of the characters A-Z a-z 0-9 . _ -';
const FIRST = '"first" must be a whole number from 0 to 2^52';
const OBJECT = "a hello must be a JSON object in UTF-8";
const LONG = "a hello has at most 1024 bytes with its LF";

/** A hello of so many bytes, its LF among them, by a field that nobody knows. */
function longHello(bytes: number): string {
  return hello({ more: "x".repeat(bytes - hello({ more: "" }).length) });
}

describe("a hello is refused, and nothing is stored:", () => {
  test.each([
    ["another version", hello({ hello: "log-aggregator/9" }), "only log-aggregator/1 is supported here"],
    ["no producer", hello({ producer: undefined }), TEXT],
    ["an empty producer", hello({ producer: "" }), TEXT],
    ["a producer of 129 bytes", hello({ producer: `é${"x".repeat(127)}` }), TEXT],
    ["no run", hello({ run: undefined }), RUN],
    ["an empty run", hello({ run: "" }), RUN],
    ["a run of 65 letters", hello({ run: "x".repeat(65) }), RUN],
    ["a run with other characters", hello({ run: "r\u0000" }), RUN],
    ["no first", hello({ first: undefined }), FIRST],
    ["a negative first", hello({ first: -1 }), FIRST],
    ["a first between numbers", hello({ first: 0.5 }), FIRST],
    ["a first that is text", hello({ first: "0" }), FIRST],
    ["a first beyond 2^52", hello({ first: 2 ** 52 + 1 }), FIRST],
    ["a first beyond all numbers", HELLO.replace('"first":0', '"first":1e400'), FIRST],
    ["no JSON", '{"hello":"log-aggregator/1",\n', OBJECT],
    ["no UTF-8", Buffer.from(HELLO.replace('"p"', '"\xff"'), "latin1"), OBJECT],
    ["lines before the welcome", `${HELLO}{"n":0}\n`, "wait for the welcome before sending lines"],
    ["no end", `{"hello":"log-aggregator/${"1".repeat(2000)}`, LONG],
    ["1,025 bytes at once", longHello(1025), LONG],
    ["1,024 bytes without an LF", longHello(1025).slice(0, 1024), LONG],
  ])("%s", async (_, words, error) => {
    const here = site();
    const aggregator = await aggregate(here);
    const client = new AckedClient(here.socket);
    client.write(words);
    expect(await client.nextAnswer()).toEqual({ error, retry: false });
    expect(await client.nextAnswer()).toBeUndefined();
    expect(await stop(aggregator)).toMatchObject({ received: 0, stored: 0 });
  });
});

describe("a hello is welcome:", () => {
  test.each([
    ["with fields that nobody knows", hello({ colour: ["blue"] })],
    ["of 1,024 bytes", longHello(1024)],
    ["with the longest names", hello({ producer: "\u0001".repeat(128), run: "x".repeat(64) })],
  ])("%s", async (_, words) => {
    const here = site();
    await aggregate(here);
    for (const chunks of [[words], [words.slice(0, 5), words.slice(5, 60), words.slice(60)]]) {
      const client = new AckedClient(here.socket);
      for (const chunk of chunks) await new Promise((resolve) => client.socket.write(chunk, resolve));
      expect(await client.nextAnswer()).toEqual(welcome(0));
      client.socket.destroy();
    }
  });
});

describe("a sequence is named by producer and run:", () => {
  test("a second run of a producer is stored like the first", async () => {
    const here = site();
    const aggregator = await aggregate(here);
    for (const run of ["r1", "r2"]) {
      const client = new AckedClient(here.socket);
      client.write(hello({ run }));
      expect(await client.nextAnswer()).toEqual(welcome(0));
      client.write(`{"run":"${run}"}\n`);
      await client.acknowledgedUpTo(0);
      client.socket.destroy();
    }
    expect(readFileSync(here.output, "utf8")).toBe('{"run":"r1"}\n{"run":"r2"}\n');
    expect(await stop(aggregator)).toMatchObject({ stored: 2, duplicatesSuppressed: 0 });
  });

  test("numbers stay exact up to the highest first", async () => {
    const here = site();
    await aggregate(here);
    const first = 2 ** 52;
    for (let n = first - 1; n <= first + 1; n++) {
      const client = new AckedClient(here.socket);
      client.write(hello({ first: Math.min(n, first) }));
      expect(await client.nextAnswer()).toEqual(welcome(n));
      client.write('{"n":0}\n');
      await client.acknowledgedUpTo(n);
      client.socket.destroy();
    }
  });

  test("the same names over another transport are another sequence", async () => {
    const here = site();
    const aggregator = await aggregate(here, "tcp=127.0.0.1:0");
    await aggregator.line(({ transport }) => transport === "tcp");
    const port = Number(String(aggregator.lines[1]?.["address"]).split(":")[1]);
    for (const at of [here.socket, { port, host: "127.0.0.1" }]) {
      const client = new AckedClient(at);
      client.write(HELLO);
      expect(await client.nextAnswer()).toEqual(welcome(0));
      client.write("{}\n");
      await client.acknowledgedUpTo(0);
    }
  });

  test("another user's hello with the same names disturbs nothing, and isn't refused", async (context) => {
    needRoot(context);
    const here = site();
    await aggregate(here);
    chmodSync(dirname(here.socket), 0o755);
    chmodSync(here.socket, 0o666);
    const ours = new AckedClient(here.socket);
    ours.write(HELLO);
    await ours.nextAnswer();
    ours.write('{"n":0}\n');
    await ours.acknowledgedUpTo(0);
    const script = `
import os, socket, sys
os.setgroups([])
os.setgid(${NOBODY})
os.setuid(${NOBODY})
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(sys.argv[2].encode())
answers = s.makefile("r")
print(answers.readline(), end="", flush=True)
s.sendall(b'{"stranger":0}\\n')
print(answers.readline(), end="", flush=True)`;
    const stranger = new RunningProgram("python3", ["-c", script, here.socket, hello({ first: 1_000_000 })]);
    expect(await stranger.line(({ welcome }) => welcome !== undefined)).toEqual(welcome(1_000_000));
    expect(await stranger.line(({ ack }) => ack !== undefined)).toEqual({ ack: 1_000_000 });
    await stranger.ended;
    ours.write('{"n":1}\n');
    await ours.acknowledgedUpTo(1);
    ours.socket.destroy();
    const again = new AckedClient(here.socket);
    again.write(HELLO);
    expect(await again.nextAnswer()).toEqual(welcome(2));
    expect(readFileSync(here.output, "utf8")).toBe('{"n":0}\n{"stranger":0}\n{"n":1}\n');
  });

  test("an older connection is told that a newer one took over, even while it floods", async () => {
    const here = site();
    await aggregate(here, "--durability", "none");
    for (let i = 0; i < 25; i++) {
      const words = hello({ run: `r${i}` });
      const old = new AckedClient(here.socket);
      old.write(words);
      await old.nextAnswer();
      const lines = "{}\n".repeat(20_000);
      const flood = (): void => {
        while (old.socket.writable && old.socket.write(lines));
        if (old.socket.writable) old.socket.once("drain", flood);
      };
      flood();
      await old.nextAnswer();
      const young = new AckedClient(here.socket);
      young.write(words);
      let last: unknown;
      for (let answer = await old.nextAnswer(); answer !== undefined; answer = await old.nextAnswer()) last = answer;
      expect(last).toEqual({ error: "a newer connection of this sequence took over", retry: false });
      old.socket.destroy();
      young.socket.destroy();
    }
  });
});
