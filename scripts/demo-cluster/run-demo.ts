import { setTimeout as pause } from "node:timers/promises";
import type { FaultProgram } from "../../test/support/fault-program.ts";
import { NatsCluster } from "../../test/support/nats/nats-cluster.ts";
import { auditHost, auditTransports, type Sent } from "./audit.ts";
import { Growth, LOOK_MS, seconds } from "./growth.ts";
import { Host, type Load, type RunningProducer, STREAM, start } from "./host.ts";
import type { Fault, Report, StreamAudit } from "./report.ts";

const LOAD: Load = { rate: 300, seconds: 15 };
/** When each is killed, counted from the start of the producers. */
const LEADER_MS = 5000;
const FORWARDER_MS = 8000;
const AGGREGATOR_MS = 10_000;
/** A killed program is started again after this time, as by systemd; a server when another one has become leader. */
const RESTART_MS = 100;
/** What is still missing after this time never comes. */
const READ_BACK_MS_MAX = 30_000;

/** The two hosts, and what runs for them. Disposing of it ends all. */
class Demo implements AsyncDisposable {
  readonly #cluster: NatsCluster;
  readonly #report: Report;
  readonly #hosts: readonly Host[];
  readonly #growth: Growth;
  /** The present aggregator and forwarder of each host. */
  readonly #running = new Map<string, FaultProgram>();
  readonly #consumers: FaultProgram[] = [];
  /** Of the stream, when it was last asked. */
  #storedBytes = 0;
  #isOver = false;
  /** Those that are being started again. */
  readonly #starting: Promise<void>[] = [];
  readonly #faults: (Omit<Fault, "stoodStillSeconds"> & { readonly looksAt: string })[] = [];

  constructor(cluster: NatsCluster, hosts: readonly Host[], report: Report) {
    this.#cluster = cluster;
    this.#hosts = hosts;
    this.#report = report;
    const parts = hosts.flatMap((host) => [
      { name: `${host.name}: file`, bytes: () => host.bytesWritten },
      { name: `${host.name}: read back`, bytes: () => host.bytesReadBack },
    ]);
    this.#growth = new Growth([...parts, { name: "stream", bytes: () => this.#storedBytes }]);
  }

  /** @returns whether all that was promised has been kept */
  async run(): Promise<boolean> {
    for (const host of this.#hosts) {
      this.#running.set(`${host.name} aggregator`, await host.startAggregator());
      this.#running.set(`${host.name} forwarder`, await host.startForwarder());
      this.#consumers.push(host.startConsumer());
    }
    const hosts = this.#hosts.map(({ name }) => name);
    this.#report.say(
      { event: "started", servers: this.#cluster.nodes.length, hosts, ...LOAD },
      "Three nats-servers. Two hosts, each with a producer on each of five transports, an aggregator and a forwarder.",
      `Each producer sends ${LOAD.rate} lines a second for ${LOAD.seconds} s; unixsock and tcp with acknowledgements.`,
    );
    const producers = this.#hosts.map((host) => ({ host, programs: host.startProducers(LOAD) }));
    const programs = producers.flatMap((one) => one.programs.map(({ program }) => program));
    await Promise.all(programs.map((program) => program.event("ready")));
    this.#growth.start();
    this.#report.follow(() => this.#state());
    void this.#watchStream();
    for (const program of programs) program.stdin?.end();
    await this.#killSome();
    const sent = await Promise.all(
      producers.map(async ({ host, programs }) => {
        return { host, lines: await Promise.all(programs.map(sentBy)) };
      }),
    );
    await this.#end();
    return this.#audit(sent);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#growth[Symbol.dispose]();
    const programs = [...this.#running.values(), ...this.#consumers];
    await Promise.all(programs.map((program) => program[Symbol.asyncDispose]()));
  }

  /** Asks again and again how much is stored; without a leader there is no answer. */
  async #watchStream(): Promise<void> {
    while (!this.#isOver) {
      const asked = this.#cluster.ask(async (manager) => {
        while (!this.#isOver) {
          this.#storedBytes = (await manager.streams.info(STREAM)).state.bytes;
          await pause(LOOK_MS);
        }
      });
      await asked.catch(() => {});
    }
  }

  #state(): string {
    const written = this.#hosts.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0);
    const readBack = this.#hosts.reduce((sum, { bytesReadBack }) => sum + bytesReadBack, 0);
    const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
    const seconds = (this.#growth.nowMs / 1000).toFixed(1).padStart(4);
    return `${seconds} s  ${mb(written)} in files   ${mb(readBack)} read back   ${mb(written - readBack)} on the way`;
  }

  async #killSome(): Promise<void> {
    const [first, last] = [this.#hosts[0], this.#hosts.at(-1)];
    if (first === undefined || last === undefined) return;
    await this.#until(LEADER_MS);
    const leader = await this.#cluster.leader(STREAM);
    const name = `n${this.#cluster.nodes.indexOf(leader) + 1}`;
    this.#killed({ killed: "leader", name, part: "the stream", looksAt: "stream" });
    await leader.kill();
    const elected = this.#cluster.leader(STREAM).then(() => leader.start());
    await this.#until(FORWARDER_MS);
    const part = `what is read of ${first.name}`;
    await this.#replace("forwarder", first, { part, looksAt: `${first.name}: read back` });
    await this.#until(AGGREGATOR_MS);
    await this.#replace("aggregator", last, { part: `${last.name}'s file`, looksAt: `${last.name}: file` });
    await elected;
  }

  /** Kills a program and starts it again. */
  async #replace(
    killed: "forwarder" | "aggregator",
    host: Host,
    about: { readonly part: string; readonly looksAt: string },
  ): Promise<void> {
    this.#killed({ killed, name: host.name, ...about });
    const key = `${host.name} ${killed}`;
    await this.#running.get(key)?.[Symbol.asyncDispose]();
    await pause(RESTART_MS);
    // The others go on while it starts.
    const next = killed === "forwarder" ? host.startForwarder() : host.startAggregator();
    this.#starting.push(next.then((program) => void this.#running.set(key, program)));
  }

  #killed(fault: { killed: Fault["killed"]; name: string; part: string; looksAt: string }): void {
    const atSeconds = seconds(this.#growth.nowMs);
    this.#faults.push({ ...fault, atSeconds });
    this.#report.killed({ atSeconds, killed: fault.killed, name: fault.name });
  }

  #until(ms: number): Promise<void> {
    return pause(Math.max(0, ms - this.#growth.nowMs));
  }

  /** The producers are done: what is on its way arrives. */
  async #end(): Promise<void> {
    await Promise.all(this.#starting);
    for (const name of ["aggregator", "forwarder"]) {
      await Promise.all(
        this.#hosts.map(async (host) => {
          const program = this.#running.get(`${host.name} ${name}`);
          program?.kill("SIGTERM");
          const ending = await program?.ended;
          if (ending?.status !== 0)
            throw new Error(`${name} of ${host.name} ended with ${ending?.status}: ${program?.stderr}`);
        }),
      );
    }
    const deadline = this.#growth.nowMs + READ_BACK_MS_MAX;
    const isMissing = (): boolean =>
      this.#hosts.some(({ bytesReadBack, bytesWritten }) => bytesReadBack < bytesWritten);
    while (isMissing() && this.#growth.nowMs < deadline) await pause(20);
    this.#isOver = true;
    for (const consumer of this.#consumers) consumer.kill("SIGTERM");
    await Promise.all(this.#consumers.map(({ ended }) => ended));
  }

  async #audit(sent: readonly { readonly host: Host; readonly lines: readonly Sent[] }[]): Promise<boolean> {
    const nextMs = (at: number): number => (this.#faults[at + 1]?.atSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    const faults = this.#faults.map(({ looksAt, ...fault }, at) => ({
      ...fault,
      stoodStillSeconds: seconds(this.#growth.longestPauseMs(looksAt, fault.atSeconds * 1000, nextMs(at))),
    }));
    this.#report.timeline(this.#growth.figures, faults);
    const transports = (await Promise.all(sent.map(({ host, lines }) => auditTransports(host, lines)))).flat();
    this.#report.transports(transports);
    const hosts = await Promise.all(this.#hosts.map((host) => auditHost(host, this.#cluster)));
    for (const host of hosts) this.#report.host(host);
    const audited = await this.#auditStream();
    return this.#report.verdict({ transports, hosts, audited });
  }

  /** What `forwarder audit` says of the stream. */
  async #auditStream(): Promise<StreamAudit> {
    const program = start("forwarder", ["audit", this.#cluster.url, "--stream", STREAM]);
    const { files, flawed, lines } = await program.event("audited");
    return { files: Number(files), flawed: Number(flawed), lines: Number(lines) };
  }
}

/** Runs the demo in an empty folder. @returns whether all that was promised has been kept */
export async function runDemo(directory: string, report: Report): Promise<boolean> {
  await using cluster = await NatsCluster.start({ directory, servers: 3 });
  const hosts = [await Host.make("alpha", directory, cluster.url), await Host.make("beta", directory, cluster.url)];
  await using demo = new Demo(cluster, hosts, report);
  return await demo.run();
}

/** What a producer says at its end. */
async function sentBy({ transport, program }: RunningProducer): Promise<Sent> {
  const done: Record<string, unknown> = await program.event("done");
  await program.ended;
  const unsent = Object.values(done["unsent"] as Record<string, number>).reduce((sum, lines) => sum + lines, 0);
  return { transport, sent: Number(done["sent"]), unsent };
}
