import type { ServerResponse } from 'node:http';
import { isFinal, statusOf, type IntentStanding } from '../intents/intent-status.js';

/** How long a stream lives, and how often it says that it does. */
export interface StreamTimes {
  readonly limitMs: number;
  readonly heartbeatMs: number;
}

/** One page that listens how its share goes: server-sent events, over `fetch`, since `EventSource` sends no header. */
export class ShareStatusStream {
  #told: string | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #limit: NodeJS.Timeout | undefined;

  /** @param onClosed called once, however the stream ends, also when it has never begun */
  constructor(
    readonly intentId: string,
    readonly client: string,
    private readonly response: ServerResponse,
    private readonly onClosed: () => void,
  ) {
    response.once('close', () => {
      this.#forgetTimers();
      this.onClosed();
    });
  }

  /** Tells how the share stands now, and stays for what follows. */
  begin(standing: IntentStanding, { limitMs, heartbeatMs }: StreamTimes): void {
    if (this.response.destroyed) return;
    this.response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // Proxies that gather answers would hold back each event.
      'X-Accel-Buffering': 'no',
    });
    this.#heartbeat = setInterval(() => {
      this.#write(': still here\n\n');
    }, heartbeatMs);
    this.#limit = setTimeout(() => {
      this.close();
    }, limitMs);
    this.tell(standing);
  }

  /** Tells what has changed; ends after what is final. */
  tell(standing: IntentStanding): void {
    if (this.#limit === undefined) return;
    const status = JSON.stringify(statusOf(standing));
    if (status !== this.#told) this.#write(`event: status\ndata: ${status}\n\n`);
    this.#told = status;
    if (isFinal(standing)) this.close();
  }

  /** One that has not begun is answered by whoever opens it. */
  close(): void {
    if (this.#limit === undefined) return;
    this.#forgetTimers();
    this.response.end();
  }

  #write(text: string): void {
    // Somebody who does not read is not written to for ever.
    if (this.response.writableNeedDrain) this.response.destroy();
    else this.response.write(text);
  }

  #forgetTimers(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#limit);
    this.#limit = undefined;
  }
}
