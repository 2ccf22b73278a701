import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port of 127.0.0.1 that nobody has now, below those that the kernel gives to connections (32768 on): another program's
 * connection may take one of those while a server is down, and a client that connects to one again and again ends up
 * connected to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    try {
      await once(server.listen(port, "127.0.0.1"), "listening");
      return port;
    } catch {
      // Another one.
    } finally {
      server.close();
    }
  }
}
