import type { BeforeApplicationShutdown, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { readKakaoApps, type KakaoKeySources } from '../config/kakao-apps.js';
import { SettingFault } from '../config/setting-fault.js';
import type { KakaoKeyRing, KeyChange } from '../kakao/key-ring.js';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { describeKeyChange } from './describe-key-change.js';
import { readKeySource } from './read-key-source.js';

/** Soon after a secret was changed; files are small and cached, so a look costs next to nothing. */
const LOOK_EVERY_MS = 1_000;
/** Whoever writes a file in place is done by then: only what two looks agree on is whole. */
const SETTLE_MS = 200;
const STOP_LIMIT_MS = 1_000;

/** What the settings say at one moment. */
type Reading =
  | { readonly adminKeys: string | undefined; readonly apps: string | undefined }
  | { readonly fault: string };

/**
 * Puts the keys in force that files say, as long as the process runs. By content, not by events of the file system: Kubernetes
 * swaps links, editors rename, and some disks tell nothing. What cannot be used changes nothing and is told once.
 */
export class KeyFileWatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #loop: BackgroundLoop;
  #last: string | undefined;
  #toldFault: string | undefined;
  #isAsked = false;

  constructor(
    private readonly sources: KakaoKeySources,
    private readonly ring: Pick<KakaoKeyRing, 'replace'>,
    private readonly logger: Logger,
  ) {
    this.#loop = new BackgroundLoop('watching the key files', () => this.#look(), logger);
  }

  onApplicationBootstrap(): void {
    this.#loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#loop.stop(STOP_LIMIT_MS);
  }

  /** Looks at once, and says so if there is nothing new. */
  reread(): void {
    this.#isAsked = true;
    this.#loop.wake();
  }

  async #look(): Promise<number> {
    const reading = await this.#read();
    const seen = digestOf(reading);
    if (seen !== this.#last) {
      await pause(SETTLE_MS);
      if (digestOf(await this.#read()) !== seen) return SETTLE_MS;
      this.#last = seen;
      this.#use(reading);
    } else if (this.#isAsked) {
      this.logger.log(`The key files were read again: ${this.#toldFault ?? 'nothing is new'}`);
    }
    this.#isAsked = false;
    return LOOK_EVERY_MS;
  }

  async #read(): Promise<Reading> {
    try {
      const [adminKeys, apps] = await Promise.all([
        readKeySource('KAKAO_ADMIN_KEYS', this.sources.adminKeys),
        readKeySource('KAKAO_APPS', this.sources.apps),
      ]);
      return { adminKeys, apps };
    } catch (error) {
      if (error instanceof SettingFault) return { fault: error.message };
      // The disk's own words name the path at most.
      return { fault: 'KAKAO_ADMIN_KEYS_FILE or KAKAO_APPS_FILE cannot be read.' };
    }
  }

  #use(reading: Reading): void {
    const outcome = 'fault' in reading ? reading.fault : this.#putInForce(reading);
    if (typeof outcome === 'string') {
      this.logger.error(`${outcome} The keys in force stay.`);
      this.#toldFault = outcome;
      return;
    }
    if (this.#toldFault !== undefined) this.logger.log('The key files can be used again');
    this.#toldFault = undefined;
    const told = describeKeyChange(outcome);
    if (told !== undefined) this.logger.log(told);
  }

  #putInForce({ adminKeys, apps }: Exclude<Reading, { fault: string }>): KeyChange | string {
    try {
      return this.ring.replace(readKakaoApps(adminKeys, apps, this.sources.minKeyChars));
    } catch (error) {
      if (error instanceof SettingFault) return error.message;
      throw error;
    }
  }
}

function digestOf(reading: Reading): string {
  return createHash('sha256').update(JSON.stringify(reading)).digest('hex');
}
