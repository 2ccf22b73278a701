import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { event, type Scene, STREAM, start } from "./scene.ts";

/** A network with a round-trip time, between a forwarder and its server: a proxy that holds each chunk back. */
async function delayed(port: number, roundTripMs: number): Promise<{ server: Server; port: number }> {
  const pass = (from: Socket, to: Socket): void => {
    from.setNoDelay();
    from.on("error", () => {});
    from.on("data", (chunk: Buffer) => {
      setTimeout(() => {
        if (!to.destroyed) to.write(chunk);
      }, roundTripMs / 2);
    });
    from.once("close", () => to.destroy());
  };
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    pass(client, upstream);
    pass(upstream, client);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** MB/s through a network with a round-trip time. */
export async function throughNetwork(
  scene: Scene,
  path: string,
  { roundTripMs, window }: { readonly roundTripMs: number; readonly window: number },
): Promise<number> {
  await scene.newStream();
  const { server, port } = await delayed(scene.server.port, roundTripMs);
  const log = scene.linkTo(path);
  const to = ["--to", `nats://127.0.0.1:${port}`, "--stream", STREAM, "--host", "bench"];
  const forwarder = start("forwarder", [log, ...to, "--once", "--window", String(window)]);
  const { seconds, bytes } = await event(forwarder, "done");
  server.close();
  return Number(bytes) / 1e6 / Number(seconds);
}
