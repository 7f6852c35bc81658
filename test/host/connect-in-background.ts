import { setTimeout as rest } from 'node:timers/promises';
import { Injectable, type OnModuleInit, type OnModuleDestroy } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Injectable()
export class ConnectInBackground implements OnModuleInit, OnModuleDestroy {
  #stopped = false;

  constructor(private readonly dataSource: DataSource) {}

  onModuleInit(): void {
    void this.#connect();
  }

  onModuleDestroy(): void {
    this.#stopped = true;
  }

  async #connect(): Promise<void> {
    while (!this.#stopped && !this.dataSource.isInitialized) {
      await this.dataSource.initialize().catch(() => rest(1_000, undefined, { ref: false }));
    }
  }
}
