import { JetStreamApiError, type JetStreamManager, jetstreamManager, type StreamInfo } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type CheckNeeds, type Finding, fail, ok, warn } from "../finding.ts";
import { openConnection } from "./connection.ts";
import { failureOf } from "./failures.ts";
import type { JetStreamOptions } from "./jetstream-engine.ts";
import { blockBytesMaxOf, findingsOf } from "./stream-findings.ts";
import { StreamEnd } from "./walk.ts";

const ASK_MS_MAX = 2000;
/** The oldest version that the tests have run with. */
const VERSION_MIN = [2, 9];
/** Answers of JetStream (error codes of nats-server). */
const STREAM_NOT_FOUND = 10059;
const OTHER_STREAM_EXPECTED = 10060;

/**
 * Looks for what a forwarder needs, in the order in which it needs it, and ends where nothing more can be looked at.
 *
 * @returns longest block that the stream accepts; undefined if that isn't known
 */
export async function* checkStream(
  options: JetStreamOptions,
  needs: CheckNeeds,
): AsyncGenerator<Finding, number | undefined> {
  const connection = yield* connected(options);
  if (connection === undefined) return undefined;
  try {
    yield* server(connection, options);
    const manager = await jetstreamManager(connection, { timeout: ASK_MS_MAX, checkAPI: false });
    const found = yield* stream(manager, options);
    const payloadBytesMax = connection.info?.max_payload ?? 0;
    if (found === undefined) return undefined;
    const isCluster = connection.info?.cluster !== undefined;
    yield* findingsOf(found, { ...options, blockBytes: needs.blockBytes, payloadBytesMax, isCluster });
    yield* reading(manager, options, found);
    yield* publishing(manager, options, needs);
    return blockBytesMaxOf(found.config, payloadBytesMax);
  } finally {
    await connection.close();
  }
}

/** Tries each server, since a forwarder may need any of them. @returns the last connection that is made */
async function* connected({
  servers,
  credentials,
}: JetStreamOptions): AsyncGenerator<Finding, NatsConnection | undefined> {
  let last: NatsConnection | undefined;
  const failures: Finding[] = [];
  for (const address of servers) {
    try {
      const connection = await openConnection([address], credentials);
      await last?.close();
      last = connection;
      yield ok("connection", `${address} answers`);
    } catch (error) {
      failures.push(
        failed("connection", error, { what: address, remedy: "start that server, or pass another address" }),
      );
    }
  }
  // With one of several servers, forwarding works.
  for (const failure of failures) yield last === undefined ? failure : { ...failure, level: "warn" };
  return last;
}

async function* server({ info }: NatsConnection, { credentials }: JetStreamOptions): AsyncGenerator<Finding> {
  const { version = "", tls_required: isEncrypted = false } = info ?? {};
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [majorMin = 0, minorMin = 0] = VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) yield ok("version", `nats-server ${version}`);
  else yield warn("version", `nats-server ${version} is older than any that is tested`, "install 2.9 or newer");
  const isTls = isEncrypted || credentials.tls !== undefined;
  const { password, token } = credentials;
  if ((password ?? token) !== undefined && !isTls)
    yield warn(
      "encryption",
      `the ${password === undefined ? "token" : "password"} and the lines can be read on the way`,
      "configure TLS on the server",
    );
}

async function* stream(
  manager: JetStreamManager,
  options: JetStreamOptions,
): AsyncGenerator<Finding, StreamInfo | undefined> {
  try {
    const found = await manager.streams.info(options.stream);
    yield ok("stream", `${options.stream} has ${found.state.messages} messages`);
    return found;
  } catch (error) {
    const isMissing = error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND;
    if (isMissing && options.createStream !== undefined)
      yield ok("stream", `${options.stream} doesn't exist yet, and will be created`);
    else yield failed("stream", error, { what: options.stream, remedy: "start its servers" });
    return undefined;
  }
}

/** Where a stream ends is read at each connection: its last message, and the headers of several. */
async function* reading(
  manager: JetStreamManager,
  options: JetStreamOptions,
  { state }: StreamInfo,
): AsyncGenerator<Finding> {
  try {
    await new StreamEnd(manager.jetstream(), manager, options).read(state);
    yield ok("reading", "this user may read where the stream ends");
  } catch (error) {
    yield failed("reading", error, {
      what: options.stream,
      remedy: "allow $JS.API.STREAM.MSG.GET and $JS.API.CONSUMER.>",
    });
  }
}

/** A message that expects another stream is refused by this one, after the server has looked whether it is allowed. */
async function* publishing(
  manager: JetStreamManager,
  { stream: name, subject }: JetStreamOptions,
  { mayPublish }: CheckNeeds,
): AsyncGenerator<Finding> {
  if (!mayPublish) {
    const remedy = "pass --publish to send one message, which is not stored, but which subscribers of the subject get";
    return yield warn("publishing", `whether this user may publish to ${subject} is not known`, remedy);
  }
  try {
    await manager
      .jetstream()
      .publish(subject, undefined, { expect: { streamName: `not-${name}` }, timeout: ASK_MS_MAX });
    yield fail("publishing", `another stream has stored a message of ${subject}`, "pass another --subject");
  } catch (error) {
    const isRefused = error instanceof JetStreamApiError && error.code === OTHER_STREAM_EXPECTED;
    if (isRefused) yield ok("publishing", `this user may publish to ${subject}`);
    else yield failed("publishing", error, { what: subject, remedy: "start the stream's servers" });
  }
}

/** @param remedy of a failure that passes; the message of others has its own */
function failed(subject: string, error: unknown, { what, remedy }: { what: string; remedy: string }): Finding {
  const { message, remedy: kind } = failureOf(error, what);
  if (kind === "retry") return fail(subject, message, remedy);
  const [fact = "", ...rest] = message.split("; ");
  return fail(subject, fact, rest.join("; "));
}
