import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { event, type Scene, SUBJECT, start } from "./scene.ts";

/** What published a file, in how many seconds; of its own, from before the connection to the last acknowledgement. */
export interface Published {
  readonly seconds: number;
  readonly bytes: number;
}

/** A program that publishes a file in blocks of whole lines. */
export interface Publisher {
  readonly name: string;
  publish(scene: Scene, path: string): Promise<Published>;
}

const BLOCK_BYTES = 64 * 1024;
const WINDOW = 16;
/** Where Debian's packages put Go libraries. */
const GO_PATH = "/usr/share/gocode";

/** The forwarder, and those of the others that can be built here. @param skipped called with a reason for each other one */
export function publishers(directory: string, skipped: (reason: string) => void): Publisher[] {
  const go = buildGo(directory);
  const c = buildC(directory);
  if (go === undefined) skipped("Go: apt-get install golang-go golang-github-nats-io-go-nats-dev");
  if (c === undefined) skipped("C: apt-get install gcc libnats-dev");
  const native = Object.entries({ go, c }).flatMap(([name, program]) =>
    program === undefined ? [] : [nativePublisher(name, program)],
  );
  return [{ name: "forwarder", publish: forward }, ...native];
}

async function forward(scene: Scene, path: string): Promise<Published> {
  const program = start("forwarder", scene.forwarder(path, "--once"));
  const { seconds, bytes } = await event(program, "done");
  return { seconds: Number(seconds), bytes: Number(bytes) };
}

function nativePublisher(name: string, program: string): Publisher {
  return {
    name,
    publish: async ({ server }, path) => {
      const args = [server.url, SUBJECT, path, String(BLOCK_BYTES), String(WINDOW)];
      return JSON.parse(await outputOf(spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] }))) as Published;
    },
  };
}

async function outputOf({ stdout }: ChildProcess): Promise<string> {
  let printed = "";
  for await (const text of stdout ?? []) printed += String(text);
  return printed;
}

/** @returns undefined where the compiler or the library is missing */
function buildGo(directory: string): string | undefined {
  const program = join(directory, "go-publisher");
  const { status } = spawnSync("go", ["build", "-o", program, "."], {
    cwd: fileURLToPath(new URL("../go-publisher/", import.meta.url)),
    env: { ...process.env, GO111MODULE: "off", GOPATH: GO_PATH, GOFLAGS: "", GOCACHE: join(directory, "go-cache") },
  });
  return status === 0 ? program : undefined;
}

function buildC(directory: string): string | undefined {
  const program = join(directory, "nats-publisher");
  const source = fileURLToPath(new URL("../native/nats-publisher.c", import.meta.url));
  return spawnSync("gcc", ["-O2", "-o", program, source, "-lnats"]).status === 0 ? program : undefined;
}
