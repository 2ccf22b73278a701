import { spawnSync } from "node:child_process";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where each version of nats-server comes from: the installed package (Debian 12: 2.9), and others unpacked. */
export type NatsSource = "installed" | "trixie" | "sid";

const UNPACKED: string =
  process.env["NATS_SERVERS"] ??
  join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "log-aggregator", "nats-servers");

/** A program that can be started. */
export interface NatsProgram {
  readonly path: string;
  /** As in `2.10.27`. */
  readonly version: string;
}

function find(source: NatsSource): NatsProgram | undefined {
  const path = source === "installed" ? "nats-server" : join(UNPACKED, source, "nats-server");
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  const version = /v(\d+\.\d+\.\d+)/.exec(stdout ?? "")?.[1];
  return version === undefined ? undefined : { path, version };
}

/** The versions that are there. scripts/nats-servers.sh unpacks those that aren't installed. */
const NATS_PROGRAMS: Readonly<Record<NatsSource, NatsProgram | undefined>> = {
  installed: find("installed"),
  trixie: find("trixie"),
  sid: find("sid"),
};

/** The newest that is there, or the one of NATS_SOURCE; tests use it unless they need another. */
export const NATS: NatsProgram | undefined = chosen();

/** Undefined where there is a nats-server; otherwise why tests of it are skipped. */
export const WITHOUT_NATS: string | undefined =
  NATS === undefined ? "nats-server is missing; run apt-get install nats-server" : undefined;

function chosen(): NatsProgram | undefined {
  const name = process.env["NATS_SOURCE"];
  if (name === undefined) return NATS_PROGRAMS.sid ?? NATS_PROGRAMS.trixie ?? NATS_PROGRAMS.installed;
  if (name in NATS_PROGRAMS) return NATS_PROGRAMS[name as NatsSource];
  throw new Error(`NATS_SOURCE=${name}: write one of ${Object.keys(NATS_PROGRAMS).join(", ")}`);
}
