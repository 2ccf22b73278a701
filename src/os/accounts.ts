import { readFileSync } from "node:fs";

/** The largest id; the one above it means "no id" to the kernel (chown(2)). */
const ID_MAX = 0xffff_fffe;

/**
 * The id of a user by its name in /etc/passwd, or by its number. Users that only a directory service knows (LDAP,
 * systemd's dynamic users) have to be named by number.
 *
 * @returns undefined when there is no such name
 */
export function userId(name: string): number | undefined {
  return accountId(name, "/etc/passwd");
}

/** The same for a group and /etc/group. */
export function groupId(name: string): number | undefined {
  return accountId(name, "/etc/group");
}

function accountId(name: string, file: string): number | undefined {
  if (/^\d{1,10}$/.test(name)) return Number(name) <= ID_MAX ? Number(name) : undefined;
  // Both files have the name first and the id third (passwd(5), group(5)).
  const line = linesOf(file).find((fields) => fields[0] === name);
  return line?.[2] === undefined ? undefined : Number(line[2]);
}

function linesOf(file: string): string[][] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return []; // a container may have neither
  }
}
