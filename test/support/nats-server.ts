import { onTestFinished } from "vitest";
import { NatsProcess } from "./nats/nats-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

export { WITHOUT_NATS } from "./nats/nats-programs.ts";

/** A JetStream server with a folder and a port of its own. Ended with its test. */
export class NatsServer extends NatsProcess {
  private constructor(settings: string) {
    super({ directory: temporaryDirectory(), settings });
    onTestFinished(() => this.kill());
  }

  /** @param settings lines of its configuration */
  static async start(settings = ""): Promise<NatsServer> {
    const server = new NatsServer(settings);
    await server.start();
    return server;
  }
}
