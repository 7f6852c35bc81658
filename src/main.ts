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

/**
 * By custom a SIGHUP asks a service to look at its files again. Without any it says that the terminal was closed.
 */
function rereadKeysOnHangup(starting: Promise<Service>): void {
  process.on('SIGHUP', () => {
    // A start that fails says so by itself.
    starting.then(
      (service) => {
        service.rereadKeys();
      },
      () => undefined,
    );
  });
}

/** Stops at the first of these signals; a terminal's Ctrl-C may arrive twice, through npm as well, and must not cut the stop short. */
function stopOn(signals: readonly NodeJS.Signals[], starting: Promise<Service>): void {
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
  for (const signal of signals) {
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
  const rereadsKeys = settings.kakaoKeySources !== undefined;
  if (rereadsKeys) rereadKeysOnHangup(starting);
  stopOn(['SIGINT', 'SIGTERM', ...(rereadsKeys ? [] : (['SIGHUP'] as const))], starting);
  await starting;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
