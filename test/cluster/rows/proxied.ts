import { type FaultRow, pick } from "../../support/fault-row.ts";
import { ForwardingScene } from "../../support/forwarding-scene.ts";
import { WITHOUT_NATS } from "../../support/nats/nats-programs.ts";
import { type ProxyFate, TcpProxy } from "../../support/tcp-proxy.ts";

/** The connection ends somewhere in the answers: after blocks were stored, and before they are acknowledged. */
export const proxied: FaultRow = {
  name: "forwarder: a network that delays, cuts, and falls silent between send and acknowledgement",
  unit: "connections",
  ci: 8,
  long: 100,
  chunk: 100,
  obstacle: () => WITHOUT_NATS,

  async run(rounds, bench) {
    await using scene = await ForwardingScene.start(bench, { servers: 3 });
    const { cluster } = scene;
    const fate = (): ProxyFate => ({
      delayMs: pick(bench.random, 0, 20),
      // Some 10 KB are read before a block is sent.
      answerBytes: pick(bench.random, 8000, 16_000),
      // A silent connection is noticed after 5 s only.
      end: bench.random() < 0.1 ? "silence" : "cut",
    });
    await using proxy = await TcpProxy.start(() => cluster.nodes[pick(bench.random, 0, 2)]?.port ?? 0, fate);
    const forwarder = scene.forward("--to", `nats://127.0.0.1:${proxy.port}`, "--block", "4KiB");
    const stop = scene.growSteadily();
    await forwarder.connected(rounds);
    bench.tally.add("connections", forwarder.connections);
    bench.tally.add("ended by the proxy", proxy.ended);
    stop();
    forwarder.program.kill("SIGKILL");
    await forwarder.program.ended;
    await scene.finish();
  },
};
