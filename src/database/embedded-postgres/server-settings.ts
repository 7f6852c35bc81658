import { EmbeddedPostgresStartError } from './embedded-postgres-errors.js';

const NAME = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/i;

/** For one developer: a few processes with small pools, next to an editor and a browser. */
const DEFAULTS: Readonly<Record<string, string>> = {
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
};

/** The server's command line. What keeps it to this machine cannot be set otherwise. */
export function serverArguments(
  cluster: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): string[] {
  const all = {
    ...DEFAULTS,
    ...settings,
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
  };
  const flags = Object.entries(all).flatMap(([name, value]) => {
    if (NAME.test(name)) return ['-c', `${name}=${value}`];
    throw new EmbeddedPostgresStartError(`"${name}" is not the name of a Postgres setting.`);
  });
  return ['-D', cluster, ...flags];
}

/** pg_ctl hands the arguments to a shell. */
export function quoteForShell(args: readonly string[]): string {
  return args.map((arg) => (process.platform === 'win32' ? forCmd(arg) : forSh(arg))).join(' ');
}

function forSh(arg: string): string {
  return `'${arg.replaceAll("'", `'\\''`)}'`;
}

function forCmd(arg: string): string {
  if (!/["%\r\n]/.test(arg)) return `"${arg}"`;
  throw new EmbeddedPostgresStartError(
    `On Windows no setting and no folder may contain " or %: ${arg}`,
  );
}
