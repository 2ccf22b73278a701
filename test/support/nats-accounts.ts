import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createAccount,
  createOperator,
  createUser,
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
} from "@nats-io/jwt";
import { temporaryDirectory } from "./temporary-directory.ts";

/** An account with JetStream whose users a server knows by JWTs that an operator's key signs, as nsc makes them. */
export interface JwtAccount {
  /** Of the server. @param revoked public keys of users */
  settings(revoked?: readonly string[]): Promise<string>;
  /** A new user: its credentials file, and its public key. */
  user(name: string): Promise<{ readonly creds: string; readonly key: string }>;
}

const UNLIMITED = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
const CONNECTIONS = { subs: -1, data: -1, payload: -1, conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };

export function jwtAccount(): JwtAccount {
  const [operator, account, system] = [createOperator(), createAccount(), createAccount()];
  return {
    settings: async (revoked = []) => {
      const limits = { ...UNLIMITED, ...CONNECTIONS };
      const revocations = Object.fromEntries(revoked.map((key) => [key, Math.ceil(Date.now() / 1000) + 1]));
      const own = await encodeAccount("logs", account, { limits, revocations }, { signer: operator });
      const others = await encodeAccount("system", system, {}, { signer: operator });
      return [
        `operator: ${await encodeOperator("operator", operator)}`,
        `system_account: ${system.getPublicKey()}`,
        "resolver: MEMORY",
        `resolver_preload: { ${account.getPublicKey()}: ${own}, ${system.getPublicKey()}: ${others} }`,
      ].join("\n");
    },
    user: async (name) => {
      const key = createUser();
      const creds = join(temporaryDirectory(), `${name}.creds`);
      writeFileSync(creds, fmtCreds(await encodeUser(name, key, account), key), { mode: 0o600 });
      return { creds, key: key.getPublicKey() };
    },
  };
}
