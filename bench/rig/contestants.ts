import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasPath, TRANSPORT_NAMES, type TransportName } from "../../src/core/transport-name.ts";
import { isInstalled } from "../../src/os/machine-facts.ts";
import { REGISTRY } from "../../src/transports/registry.ts";
import { rsyslogSettings, syslogNgSettings } from "./peer-settings.ts";

/** Where a contestant listens, writes, and may leave files of its own. */
export interface Place {
  readonly transport: TransportName;
  /** A path, or a port of 127.0.0.1. */
  readonly address: string;
  readonly output: string;
  readonly directory: string;
  /** Bytes of udp receive buffer to ask for; undefined leaves the system's. */
  readonly receiveBufferBytes: number | undefined;
}

export interface Contestant {
  readonly name: string;
  readonly transports: readonly TransportName[];
  /** Whether a FIFO must be made for it. */
  readonly wantsFifo: boolean;
  /** The program and its arguments; may write settings into the place's directory. */
  command(place: Place): readonly string[];
}

/** Transports for which the C program, syslog-ng and socat have settings. */
const ALL: readonly TransportName[] = ["unixsock", "tcp", "unixgram", "udp", "fifo"];
const AGGREGATOR = fileURLToPath(new URL("../../dist/bin/aggregator.js", import.meta.url));

/**
 * The project's own aggregator, as built, with the options given. Over datagrams, as root, it has the priority that the
 * documents advise.
 */
export function aggregator(name: string, ...options: string[]): Contestant {
  return {
    name,
    transports: TRANSPORT_NAMES,
    wantsFifo: false,
    command: ({ transport, address, output, receiveBufferBytes }) => {
      const at = hasPath(transport) ? address : `127.0.0.1:${address}`;
      const buffer = receiveBufferBytes === undefined ? [] : ["--receive-buffer", String(receiveBufferBytes)];
      const raised =
        REGISTRY[transport].traits.boundary === "message" && process.getuid?.() === 0 ? ["--priority", "-10"] : [];
      const fixed = [`${transport}=${at}`, "-o", output, "--no-status"];
      return [process.execPath, AGGREGATOR, ...fixed, ...buffer, ...raised, ...options];
    },
  };
}

/** The C program that does the least that a receiver can do. */
export function receiveLimit(program: string): Contestant {
  return {
    name: "C limit",
    transports: ALL,
    wantsFifo: false,
    command: ({ transport, address, output, receiveBufferBytes }) => [
      program,
      transport,
      address,
      output,
      String(receiveBufferBytes ?? 0),
    ],
  };
}

const PEERS: readonly (Contestant & { readonly program: string })[] = [
  {
    name: "rsyslog",
    program: "rsyslogd",
    transports: ["unixsock", "tcp", "unixgram", "udp"],
    wantsFifo: false,
    command: (place) => ["rsyslogd", "-n", "-f", settings(place, rsyslogSettings), "-i", join(place.directory, "pid")],
  },
  {
    name: "syslog-ng",
    program: "syslog-ng",
    transports: ALL,
    wantsFifo: true,
    command: (place) => [
      ...["syslog-ng", "-F", "--no-caps", "-f", settings(place, syslogNgSettings)],
      ...[
        "-R",
        join(place.directory, "persist"),
        "-p",
        join(place.directory, "pid"),
        "-c",
        join(place.directory, "control"),
      ],
    ],
  },
  {
    name: "socat",
    program: "socat",
    transports: ALL,
    wantsFifo: true,
    command: (place) => ["socat", "-u", "-b65536", socatSource(place), `OPEN:${place.output},creat,append,wronly`],
  },
  {
    name: "s6-log",
    program: "s6-log",
    transports: ["fifo"],
    wantsFifo: true,
    // It writes to the file "current" in a directory of its own, where the trial finds it.
    command: ({ address, directory }) => [
      "sh",
      "-c",
      `exec s6-log -b n1000 s268435455 "$1" 0<>"$2"`,
      "s6-log",
      join(directory, "s6"),
      address,
    ],
  },
];

/** The other programs that are installed on this machine, and the names of those that are not. */
export function findPeers(): { readonly installed: readonly Contestant[]; readonly missing: readonly string[] } {
  const installed = PEERS.filter(({ program }) => isInstalled(program));
  return { installed, missing: PEERS.filter((peer) => !installed.includes(peer)).map(({ name }) => name) };
}

function settings(place: Place, text: (place: Place) => string): string {
  const path = join(place.directory, "settings");
  writeFileSync(path, text(place));
  return path;
}

function socatSource({ transport, address, receiveBufferBytes }: Place): string {
  const buffer = receiveBufferBytes === undefined ? "" : `,rcvbuf=${receiveBufferBytes}`;
  const sources: Record<string, string> = {
    unixsock: `UNIX-LISTEN:${address},fork,backlog=128`,
    tcp: `TCP4-LISTEN:${address},bind=127.0.0.1,reuseaddr,fork,backlog=128`,
    unixgram: `UNIX-RECV:${address}`,
    udp: `UDP4-RECV:${address},bind=127.0.0.1${buffer}`,
    fifo: `OPEN:${address},rdwr`,
  };
  return sources[transport] ?? "";
}
