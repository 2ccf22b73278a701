import { connect, credsAuthenticator, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import type { Credentials } from "../engine-kind.ts";

/** A server that hangs is left after this time. */
const CONNECT_MS_MAX = 2000;
/** A connection without an answer to two pings is lost. */
const PING_MS = 5000;

/**
 * Connects to the first of the servers that answers. The connection is not restored when it is lost: a new one is made
 * instead, after which what is stored is compared.
 *
 * @throws errors of the client
 */
export function openConnection(servers: readonly string[], credentials: Credentials): Promise<NatsConnection> {
  const { user, password, token, creds, nkey, tls } = credentials;
  return connect({
    servers: [...servers],
    name: "forwarder",
    reconnect: false,
    timeout: CONNECT_MS_MAX,
    pingInterval: PING_MS,
    maxPingOut: 2,
    // Traces of each publish take half of the throughput.
    noAsyncTraces: true,
    ...(user !== undefined && password !== undefined ? { user, pass: password } : {}),
    ...(token !== undefined ? { token } : {}),
    ...(creds !== undefined ? { authenticator: credsAuthenticator(creds) } : {}),
    ...(nkey !== undefined ? { authenticator: nkeyAuthenticator(nkey) } : {}),
    ...(tls !== undefined ? { tls: { ...tls } } : {}),
  });
}
