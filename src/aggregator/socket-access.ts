import { statSync } from "node:fs";
import { dirname } from "node:path";
import { describeEndpoint, type Endpoint, isPathEndpoint } from "../core/endpoint.ts";
import { OperationalError } from "../core/errors.ts";
import type { PathAccess } from "../core/path-access.ts";
import { hasPath, namesWith, type TransportName } from "../core/transport-name.ts";
import { orList } from "../core/word-list.ts";
import { groupId, userId } from "../os/accounts.ts";
import { idOf } from "./sender-options.ts";

/** Who may send through sockets and FIFOs, as options say it. */
export interface SocketOptions {
  /** Permission bits, which include the owner's. Default: 0600, or 0660 with a group. */
  readonly mode?: number | undefined;
  /** Names or numbers. */
  readonly owner?: string | number | undefined;
  readonly group?: string | number | undefined;
}

const OWNER_MAY = 0o600;
const GROUP_MAY = 0o660;

/**
 * @param transports where the aggregator is to listen
 * @returns undefined when nothing was asked for
 * @throws OperationalError USAGE for unknown names, a mode that can't work, or transports without a path
 */
export function socketAccess(
  options: SocketOptions | undefined,
  transports: readonly TransportName[],
): PathAccess | undefined {
  const { mode, owner, group } = options ?? {};
  if (mode === undefined && owner === undefined && group === undefined) return undefined;
  if (!transports.some(hasPath)) {
    throw usage(`a socket's mode, owner and group need ${orList(namesWith("path"))}; add one, or omit them`);
  }
  const access = {
    mode: mode ?? (group === undefined ? OWNER_MAY : GROUP_MAY),
    uid: owner === undefined ? undefined : idOf("user", owner, userId),
    gid: group === undefined ? undefined : idOf("group", group, groupId),
  };
  if ((access.mode & OWNER_MAY) === OWNER_MAY && access.mode <= 0o777) return access;
  const octal = access.mode.toString(8).padStart(4, "0");
  throw usage(`a socket's mode is ${octal}; pass one that lets its owner read and write, such as 0660`);
}

/** A warning when those whom the access admits can't search a directory on the path; else nothing. */
export function unreachableBy(endpoint: Endpoint, access: PathAccess | undefined): string[] {
  if (access === undefined || !isPathEndpoint(endpoint)) return [];
  const who = ownerIsAlone(access) ? ownerOf(access) : peopleOf(access);
  if (who === undefined) return [];
  const closed = directoriesTo(endpoint.path).find((directory) => !maySearch(directory, access));
  if (closed === undefined) return [];
  return [
    `${describeEndpoint(endpoint)} can't be reached by ${who}, who may not search ${closed}; ` +
      `run chmod o+x ${closed}, or pass an address in another directory`,
  ];
}

function ownerIsAlone({ mode }: PathAccess): boolean {
  return (mode & ~OWNER_MAY & 0o777) === 0;
}

function ownerOf({ uid }: PathAccess): string | undefined {
  return uid === undefined ? undefined : `uid ${uid}`;
}

function peopleOf({ mode, gid }: PathAccess): string {
  if ((mode & 0o002) !== 0) return "other users";
  return gid === undefined ? "its group" : `group ${gid}`;
}

function directoriesTo(path: string): string[] {
  const directory = dirname(path);
  return directory === path ? [] : [...directoriesTo(directory), directory];
}

function maySearch(directory: string, { mode, uid, gid }: PathAccess): boolean {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (stats === undefined || (stats.mode & 0o001) !== 0) return true;
  if ((mode & 0o002) === 0 && (mode & 0o020) !== 0 && stats.gid === gid) return (stats.mode & 0o010) !== 0;
  return ownerIsAlone({ mode }) && stats.uid === uid && (stats.mode & 0o100) !== 0;
}

function usage(message: string): OperationalError {
  return new OperationalError("USAGE", message);
}
