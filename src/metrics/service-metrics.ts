import { Registry } from 'prom-client';
import { DoorMetrics } from './door-metrics.js';
import { showGauge, type GaugeSource } from './gauge-source.js';
import { processMetrics } from './process-metrics.js';
import { SettlementMetrics } from './settlement-metrics.js';

/** What this process counts, and the page that shows it together with what is read for it. */
export class ServiceMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #counted = new Registry();
  readonly door = new DoorMetrics(this.#counted);
  readonly settlement = new SettlementMetrics(this.#counted);

  /** Shows what there is: a source that cannot be read is named in `kakao_share_scrape_error`. */
  async page(sources: readonly GaugeSource[]): Promise<string> {
    const read = new Registry();
    const errors: Record<string, number> = {};
    await Promise.all(
      sources.map(async (source) => {
        errors[source.part] = 1;
        try {
          for (const reading of await source.read()) showGauge(read, reading);
          errors[source.part] = 0;
        } catch {
          // Which part it was is told; why, stands in the log of whoever works with it.
        }
      }),
    );
    showGauge(read, {
      name: 'kakao_share_scrape_error',
      help: '1 where a part of this page could not be read, which leaves its gauges out.',
      label: 'part',
      value: errors,
    });
    const parts = [this.#counted, read, processMetrics()];
    return (await Promise.all(parts.map((registry) => registry.metrics()))).join('');
  }
}
