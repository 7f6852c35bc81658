import { Counter, type Registry } from 'prom-client';
import type { SettlementObserver } from '../settlement/settlement-observer.js';

/** Counts how deliveries end in this process. */
export class SettlementMetrics implements SettlementObserver {
  readonly #settlements: Counter<'verdict'>;

  constructor(registry: Registry) {
    this.#settlements = new Counter({
      name: 'kakao_share_settlements_total',
      help: 'Deliveries settled by this process, by verdict.',
      labelNames: ['verdict'],
      registers: [registry],
    });
  }

  settled(...[verdicts]: Parameters<SettlementObserver['settled']>): void {
    for (const verdict of verdicts) this.#settlements.inc({ verdict });
  }
}
