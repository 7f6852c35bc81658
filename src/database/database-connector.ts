import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BackgroundLoop } from '../lifecycle/background-loop.js';
import { within } from '../lifecycle/within.js';

/** Once connected the pool looks after itself. */
const CONNECTED_REST_MS = 2 ** 31 - 1;
const STOP_LIMIT_MS = 3_000;
/** A database that is there is reached before anybody asks for it; one that is not is not waited for. */
const FIRST_ATTEMPT_MS = 2_000;

/** Connects our own data source in the background, so that the process starts whether or not the database is there. */
@Injectable()
export class DatabaseConnector implements OnModuleInit, OnApplicationShutdown {
  readonly #loop: BackgroundLoop;
  readonly #firstAttempt: Promise<void>;
  #settleFirstAttempt: () => void = () => undefined;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.#firstAttempt = new Promise((resolve) => {
      this.#settleFirstAttempt = resolve;
    });
    this.#loop = new BackgroundLoop(
      'connecting to the database',
      () => this.#connect(),
      new Logger('Database'),
    );
  }

  async onModuleInit(): Promise<void> {
    this.#loop.start();
    await within(FIRST_ATTEMPT_MS, 'the first connection', this.#firstAttempt).catch(
      () => undefined,
    );
  }

  async #connect(): Promise<number> {
    try {
      if (!this.dataSource.isInitialized) await this.dataSource.initialize();
      return CONNECTED_REST_MS;
    } finally {
      this.#settleFirstAttempt();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#loop.stop(STOP_LIMIT_MS);
  }
}
