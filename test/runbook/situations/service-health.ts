import { eventually } from '../../support/eventually.js';
import type { ServiceProcess } from '../../support/service-process.js';

interface Health {
  readonly parts: { readonly database: string; readonly queue: string; readonly spool?: string };
}

export async function healthOf({ url }: ServiceProcess): Promise<Health> {
  const response = await fetch(`${url}/health/ready`);
  return (await response.json()) as Health;
}

/** It has found its database again. */
export async function untilReady(service: ServiceProcess): Promise<void> {
  await eventually(async () => {
    const { parts } = await healthOf(service);
    expect(parts.database).toBe('current');
  });
}
