// Somebody else's application in a process of its own, on the built package: plain JavaScript, as `import` finds it.
import { setImmediate } from 'node:timers';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { SettlementModule, WebhookModule } from '../../dist/index.js';

const { url, platform, adminKey, queue } = JSON.parse(process.argv[2]);

class HostModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({ type: 'postgres', url, poolSize: 1, retryAttempts: 0 }),
    // One webhook is to wait until it is told to go on.
    WebhookModule.forRoot({ apps: { default: [adminKey] }, queue, acceptTimeoutMs: 60_000 }),
    SettlementModule.forRoot({ queue }),
  ],
})(HostModule);

const settings = { logger: ['error'], abortOnError: false };
const app = await (platform === 'fastify'
  ? NestFactory.create(HostModule, new FastifyAdapter(), settings)
  : NestFactory.create(HostModule, settings));
await app.listen(0, '127.0.0.1');

/** Holds the only connection, so that a webhook has to wait, and gives it back when asked to. */
async function hold() {
  const runner = app.get(getDataSourceToken()).createQueryRunner();
  await runner.connect();
  return () => runner.release();
}

let giveBack;
const orders = {
  hold: async () => void (giveBack = await hold()),
  waiting: async () => app.get(getDataSourceToken()).driver.master.waitingCount,
  close: async () => void app.close().then(() => process.send({ closed: true })),
  release: async () => void (await giveBack()),
  inject: async (request) => (await app.inject(request)).statusCode,
  // From now on nothing but what is still open keeps this process alive.
  leave: async () => void setImmediate(() => process.disconnect()),
};
process.on('message', async ({ order, about }) => {
  process.send({ order, result: await orders[order](about) });
});
process.send({ url: (await app.getUrl()).replace('[::1]', '127.0.0.1') });
