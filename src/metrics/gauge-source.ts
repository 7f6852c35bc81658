import { Gauge, type Registry } from 'prom-client';

/** One number among others of the same gauge. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A gauge as it is read for one scrape. Its labels are words of ours, names that are configured, and fingerprints of keys. */
export interface GaugeReading {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  /** One number, or one for each value of the label, or one for each set of labels. */
  readonly value: number | Readonly<Record<string, number>> | readonly Sample[];
}

/** Something that is asked at each scrape. */
export interface GaugeSource {
  /** As the scrape's errors name it. */
  readonly part: string;
  /** @throws when it cannot be read: then its gauges are missing, since an old number would look like a new one */
  read(): Promise<readonly GaugeReading[]>;
}

export function showGauge(registry: Registry, { name, help, label, value }: GaugeReading): void {
  const samples = samplesOf(value, label);
  const labelNames = Object.keys(samples[0]?.labels ?? {});
  const gauge = new Gauge({ name, help, labelNames, registers: [registry] });
  for (const sample of samples) gauge.set(sample.labels, sample.value);
}

function samplesOf(value: GaugeReading['value'], label: string | undefined): readonly Sample[] {
  if (typeof value === 'number') return [{ labels: {}, value }];
  if (Array.isArray(value)) return value as readonly Sample[];
  return Object.entries(value as Readonly<Record<string, number>>).map(([key, number]) => ({
    labels: label === undefined ? {} : { [label]: key },
    value: number,
  }));
}
