import { OperationalError } from "../../../core/errors.ts";
import { type EngineKind, type EngineSettings, TLS_OPTIONS } from "../engine-kind.ts";
import { JetStreamEngine } from "./jetstream-engine.ts";
import { subjectFor, subjectOfAll } from "./subjects.ts";

const SUBJECT_DEFAULT = "logs.{host}";
/** What a stream's name can't have (nats-server). */
const NAME = /^[^\s.*>/\\]+$/;
/** A server as the client takes it: `host`, `host:port`, `[::1]:port`. */
const SERVER = /^(\[[0-9a-fA-F:]+\]|[\w.-]+)(?::(\d{1,5}))?$/;
const PORT_MAX = 65_535;

/** NATS JetStream: one message is one block. */
export const jetstream: EngineKind = {
  syntax: "nats://host:4222[,host:4222...]",
  options: [
    ...["--stream", "--subject", "--host", "--exclusive-stream", "--unit", "--compress", "--publish"],
    ...["--create-stream", "--replicas", "--max-age", "--max-bytes"],
    ...["--user-file", "--creds", "--nkey", ...TLS_OPTIONS],
  ],
  plan: (to, settings) => {
    const servers = serversOf(to);
    const stream = streamOf(settings);
    const { host, isExclusive, credentials, compression, subject: template = SUBJECT_DEFAULT } = settings;
    const subject = subjectFor(template, host);
    if (/[*>\s]|^\.|\.\.|\.$/.test(subject))
      throw usage(`"${subject}" is not a subject; write one such as logs.{host}`);
    const createStream = settings.createStream && { ...settings.createStream, subject: subjectOfAll(template) };
    const options = { servers, stream, subject, host, isExclusive, createStream, credentials, compression };
    return {
      target: `nats stream ${stream} subject ${subject}`,
      isRemembered: true,
      connect: () => new JetStreamEngine(options),
    };
  },
};

/** The servers of an address. @throws OperationalError ADDRESS_INVALID */
export function serversOf(to: string): string[] {
  const servers = to.slice("nats://".length).split(",");
  if (servers.some((server) => server.includes("@"))) {
    const fact = "an address must not contain a user or password, which ps would show";
    throw new OperationalError("ADDRESS_INVALID", `${fact}; write them into a file for --user-file`);
  }
  if (to.startsWith("nats://") && servers.every(isServer)) return servers;
  throw new OperationalError("ADDRESS_INVALID", `"${to}" is not an address of NATS; write ${jetstream.syntax}`);
}

function isServer(text: string): boolean {
  const [whole, , port = "1"] = SERVER.exec(text) ?? [];
  return whole !== undefined && Number(port) >= 1 && Number(port) <= PORT_MAX;
}

/** The name of a stream. @throws OperationalError USAGE */
export function streamOf({ stream }: Pick<EngineSettings, "stream">): string {
  if (stream === undefined) throw usage("nats:// needs the name of a stream; write --stream LOGS");
  if (NAME.test(stream)) return stream;
  throw usage(`"${stream}" can't be a stream's name; write one without blanks, dots, slashes, * and >`);
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
