import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

let registry: Registry | undefined;

/**
 * Memory, CPU, event loop and garbage collection of the process, and what runs in it. Once per process: they observe it for as
 * long as it lives.
 */
export function processMetrics(): Registry {
  return (registry ??= collect());
}

function collect(): Registry {
  const own = new Registry();
  collectDefaultMetrics({ register: own });
  new Gauge({
    name: 'kakao_share_build_info',
    help: 'Always 1; the version that runs.',
    labelNames: ['version'],
    registers: [own],
  }).set({ version: readVersion() }, 1);
  return own;
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
