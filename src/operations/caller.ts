import { createHash, timingSafeEqual } from 'node:crypto';
import { SCOPES, type ApiToken, type Scope } from '../config/api-tokens.js';

/** Who calls the management API; audit rows carry the name. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** The apps it may see; undefined: all. */
  readonly apps: readonly string[] | undefined;
}

/** Knows callers by the digest of their bearer token, compared in constant time. */
export class CallerRegistry {
  readonly #callers: readonly { digest: Buffer; caller: Caller }[];

  constructor(adminToken: string | undefined, apiTokens: readonly ApiToken[]) {
    const admin: Caller = { name: 'admin', scopes: SCOPES, apps: undefined };
    this.#callers = [
      ...(adminToken === undefined ? [] : [{ digest: digestOf(adminToken), caller: admin }]),
      ...apiTokens.map(({ sha256, ...caller }) => ({ digest: Buffer.from(sha256, 'hex'), caller })),
    ];
  }

  /** Tells whose token an `Authorization: Bearer` header carries, or undefined. */
  identify(authorization: string | undefined): Caller | undefined {
    const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return undefined;
    const presented = digestOf(token);
    let found: Caller | undefined;
    for (const { digest, caller } of this.#callers) {
      if (timingSafeEqual(digest, presented)) found = caller;
    }
    return found;
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
