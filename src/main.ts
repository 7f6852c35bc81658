import { readSettings, SettingsError, type Settings } from './config/settings.js';
import { within } from './lifecycle/within.js';
import { startService, type Service } from './service.js';
import { startDevelopment } from './start-development.js';

/** Stopping takes at most 10 s in all; whatever hangs beyond that is cut off. */
const STOP_LIMIT_MS = 10_000;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function startProduction(settings: Settings): Promise<Service> {
  const { databaseUrl } = settings;
  if (databaseUrl === undefined) throw new SettingsError(['DATABASE_URL is not set.']);
  return startService({ ...settings, databaseUrl });
}

/** Stops at the first signal; a terminal's Ctrl-C may arrive twice, through npm as well, and must not cut the stop short. */
function stopOnSignals(starting: Promise<Service>): void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    try {
      await within(
        STOP_LIMIT_MS,
        'stopping',
        starting.then((service) => service.stop()),
      );
      process.exit(0);
    } catch (error) {
      process.stderr.write(
        `Stopped the hard way: ${error instanceof Error ? error.message : String(error)}\n`,
      );
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void stop();
    });
  }
}

try {
  const settings = readSettings(process.env);
  const starting = settings.production
    ? startProduction(settings)
    : startDevelopment(settings, say);
  stopOnSignals(starting);
  await starting;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
