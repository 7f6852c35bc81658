// A host application: takes Kakao's webhooks, settles them, and hears of rewards in a method of a provider.
// Run: npx nestjs-kakao-share migrate, then KAKAO_ADMIN_KEY=… DATABASE_URL=postgres://… PORT=3000 node examples/nest-handlers.mjs
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectDataSource, TypeOrmModule } from '@nestjs/typeorm';
import { OnShareEvent, SettlementModule, WebhookModule } from 'nestjs-kakao-share';
import { createInboxTable, handleOnce } from 'nestjs-kakao-share/consumer';

const { KAKAO_ADMIN_KEY = '', DATABASE_URL = '', PORT = '3000', HOST = '127.0.0.1' } = process.env;
const queue = { postgres: { url: DATABASE_URL } };

class RewardMailer {
  constructor(dataSource) {
    this.dataSource = dataSource;
  }

  async onModuleInit() {
    await createInboxTable(this.dataSource);
    await this.dataSource.query(
      'CREATE TABLE IF NOT EXISTS example_mails (user_id text NOT NULL, points bigint NOT NULL)',
    );
  }

  /** Where this throws it is called again with the same event, and nobody else waits for it. */
  async write(event) {
    const isFirst = await this.dataSource.transaction((tx) =>
      handleOnce(tx, { consumer: 'reward-mailer', event }, () =>
        tx.query('INSERT INTO example_mails (user_id, points) VALUES ($1, $2)', [
          event.subject ?? '',
          event.data.amount,
        ]),
      ),
    );
    console.log(
      `${event.type} ${event.subject ?? '-'} ${event.id}${isFirst ? '' : ' (again: nothing to do)'}`,
    );
  }
}

class AppModule {}

// Plain JavaScript has no decorators yet. In TypeScript this is
//   @OnShareEvent('reward.credited')
//   async write(event: ShareEvent<'reward.credited'>): Promise<void> { … }
decorateMethod(RewardMailer, 'write', OnShareEvent('reward.credited'));
InjectDataSource()(RewardMailer, undefined, 0);
Injectable()(RewardMailer);
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url: DATABASE_URL }),
    WebhookModule.forRoot({ apps: { default: [KAKAO_ADMIN_KEY] }, queue }),
    SettlementModule.forRoot({ queue }),
  ],
  providers: [RewardMailer],
})(AppModule);

function decorateMethod(type, name, decorator) {
  decorator(type.prototype, name, Object.getOwnPropertyDescriptor(type.prototype, name));
}

const app = await NestFactory.create(AppModule);
// Stops on SIGTERM, in order.
app.enableShutdownHooks();
await app.listen(Number(PORT), HOST);
console.log(`Waiting for webhooks at ${await app.getUrl()}/webhooks/kakao/share`);
