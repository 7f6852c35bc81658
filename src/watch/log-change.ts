import type { Logger } from '@nestjs/common';
import { SEVERITY, WHOLE_SERVICE, type Change, type Finding } from './alarm.js';

/** Tells the log what began and what is over, loudly where somebody has to get up. */
export function logChange(
  logger: Pick<Logger, 'error' | 'warn' | 'log'>,
  { raised, cleared }: Pick<Change, 'raised' | 'cleared'>,
): void {
  for (const alarm of raised) {
    const line = `Alarm ${nameOf(alarm)}: ${alarm.detail}`;
    if (SEVERITY[alarm.alarm] === 'critical') logger.error(line);
    else logger.warn(line);
  }
  for (const alarm of cleared) logger.log(`Alarm ${nameOf(alarm)} is over`);
}

function nameOf({ alarm, app }: Finding): string {
  return app === WHOLE_SERVICE ? alarm : `${alarm} of app ${app}`;
}
