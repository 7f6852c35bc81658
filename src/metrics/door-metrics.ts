import { Counter, Histogram, type Registry } from 'prom-client';
import type { DoorObserver, DoorStanding } from '../webhook/door-observer.js';

/** Towards the 3 s after which Kakao gives up. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3];

/** Counts what the door does. Labels are words of ours and names of configured apps: nothing that a sender chooses. */
export class DoorMetrics implements DoorObserver {
  readonly #answers: Counter<'status'>;
  readonly #durations: Histogram;
  readonly #webhooks: Counter<'app' | 'outcome' | 'place'>;
  readonly #standings: (() => DoorStanding)[] = [];

  constructor(registry: Registry) {
    const registers = [registry];
    this.#answers = new Counter({
      name: 'kakao_share_webhook_answers_total',
      help: 'Answers of the door by HTTP status; "none": the sender left before.',
      labelNames: ['status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'kakao_share_webhook_answer_seconds',
      help: 'How long the door took to answer a request with a right key.',
      buckets: BUCKETS_S,
      registers,
    });
    this.#webhooks = new Counter({
      name: 'kakao_share_webhooks_total',
      help: 'Webhooks made durable, or known already, by Kakao app, outcome and place.',
      labelNames: ['app', 'outcome', 'place'],
      registers,
    });
  }

  /** How the doors of this process stand. */
  get standings(): readonly DoorStanding[] {
    return this.#standings.map((standing) => standing());
  }

  opened(standing: () => DoorStanding): void {
    this.#standings.push(standing);
  }

  answered(status: number | undefined, durationMs: number): void {
    this.#answers.inc({ status: status ?? 'none' });
    // What is refused is refused at once, and would make the door look quicker than it is.
    if (status === undefined || status < 400 || status >= 500)
      this.#durations.observe(durationMs / 1_000);
  }

  taken(...[app, outcome, place]: Parameters<DoorObserver['taken']>): void {
    this.#webhooks.inc({ app, outcome, place });
  }
}
