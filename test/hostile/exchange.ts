import { connect } from 'node:net';

/** What came back for bytes that were sent. */
export interface RawAnswer {
  /** The status of each answer, in order; without those that only say "go on". None: the connection was closed without a word. */
  readonly statuses: readonly number[];
  /** Everything that was received, a character per byte. */
  readonly text: string;
  /** Who ended it: the other side, or the time that it was given. */
  readonly closedBy: 'peer' | 'limit';
}

export interface ExchangeOptions {
  /** How long the other side may take to close; by then what came is the answer. */
  readonly limitMs?: number;
  /** Sent one after the other, with a pause in between. */
  readonly pauseMs?: number;
}

const LIMIT_MS = 30_000;

/** Sends bytes as they are, on a connection of their own, and reads until it is closed. */
export function exchange(
  url: string,
  parts: string | Buffer | readonly (string | Buffer)[],
  { limitMs = LIMIT_MS, pauseMs = 0 }: ExchangeOptions = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const pieces = (Array.isArray(parts) ? parts : [parts]) as (string | Buffer)[];
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    let next = 0;
    const timers: NodeJS.Timeout[] = [];
    const finish = (closedBy: RawAnswer['closedBy']): void => {
      for (const timer of timers) clearTimeout(timer);
      socket.destroy();
      resolve({ text, statuses: statusesIn(text), closedBy });
    };
    const writeNext = (): void => {
      const piece = pieces[next++];
      if (piece === undefined || socket.destroyed) return;
      socket.write(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
      if (next < pieces.length) timers.push(setTimeout(writeNext, pauseMs));
    };
    const hungUp = (): void => {
      finish('peer');
    };
    timers.push(setTimeout(finish, limitMs, 'limit'));
    socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
    // A reset after the answer is how a server hangs up on a body that it does not want.
    socket.on('connect', writeNext).on('close', hungUp).on('error', hungUp);
  });
}

function statusesIn(text: string): number[] {
  const lines = text.matchAll(/(?:^|\n|\}|\])HTTP\/1\.1 (\d{3}) /g);
  return [...lines].map(([, status]) => Number(status)).filter((status) => status >= 200);
}
