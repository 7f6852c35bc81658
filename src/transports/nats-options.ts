import { TransportOptionsError } from './broker-errors.js';

export interface NatsOptions {
  /** `nats://` or `tls://`, each with the login in it or all without. One that answers is enough. */
  readonly servers: string | readonly string[];
  /** What subjects begin with; the event's type follows. Default `kakao-share.events`. */
  readonly subjectPrefix?: string;
  /** In place of a login in the addresses. */
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/** Where to and as whom, with nothing secret in the addresses. */
export interface NatsAddress {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly usesTls: boolean;
  readonly login: { readonly user?: string; readonly pass?: string; readonly token?: string };
}

const DEFAULT_PORT = 4222;
const SUBJECT = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/;

/** @throws {TransportOptionsError} told without the value */
export function checkSubjectPrefix(prefix: string): string {
  if (SUBJECT.test(prefix)) return prefix;
  throw new TransportOptionsError(
    'The subject prefix for NATS consists of letters, digits, "_" and "-", in parts with "." between.',
  );
}

/** The client takes no logins in addresses, so they are taken out. @throws {TransportOptionsError} */
export function readNatsAddress(options: NatsOptions): NatsAddress {
  const given = typeof options.servers === 'string' ? [options.servers] : options.servers;
  const isUsable = (server: string): boolean =>
    /^(nats|tls):\/\/[^/]/.test(server) && URL.canParse(server) && !/%(?![\da-f]{2})/i.test(server);
  if (given.length === 0 || !given.every(isUsable))
    throw new TransportOptionsError('NATS needs URLs that start with nats:// or tls://.');
  const urls = given.map((server) => new URL(server));
  const logins = new Set(urls.map(({ username, password }) => `${username}:${password}`));
  const protocols = new Set(urls.map(({ protocol }) => protocol));
  if (logins.size > 1 || protocols.size > 1)
    throw new TransportOptionsError('All URLs of NATS need the same login and the same protocol.');
  return {
    servers: urls.map(({ hostname, port }) => ({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? DEFAULT_PORT : Number(port),
    })),
    usesTls: protocols.has('tls:'),
    login: loginOf(options, urls[0]),
  };
}

function loginOf({ user, pass, token }: NatsOptions, url: URL | undefined): NatsAddress['login'] {
  if (token !== undefined) return { token };
  if (user !== undefined) return { user, pass: pass ?? '' };
  if (url === undefined || url.username === '') return {};
  const name = decodeURIComponent(url.username);
  // As NATS's own tools have it: a name alone is a token.
  return url.password === ''
    ? { token: name }
    : { user: name, pass: decodeURIComponent(url.password) };
}
